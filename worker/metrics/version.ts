// The version of this build, as package.json has it: a Worker's bundle does not carry that file.

export const VERSION = "0.1.0";
