// Compressed rows in workerd, as they are served.
import { compressedTextSuite } from "./compressed-texts.ts";

compressedTextSuite("workerd");
