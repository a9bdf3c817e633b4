// Compressed rows in Node, as the command line and the tests run the Worker.
import { compressedTextSuite } from "./compressed-texts.ts";

compressedTextSuite("Node");
