// Small reads beside each other as one: each way to a file's bytes costs the same for a few as for many.

/** Reads that are shorter are made longer. */
export const BLOCK_BYTES = 64 * 1024;

export interface Block {
  readonly from: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What was read, and whether it is a part of a block that is kept, so that nobody may take its buffer. */
export interface BlockRead {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly shared: boolean;
}

/** Returns how ranges are read by way of blocks; the `first` block, the file's end and the block read last are kept. */
export function inBlocks(
  sizeBytes: number,
  read: (from: number, to: number) => Promise<Uint8Array<ArrayBuffer>>,
  first?: Block,
): (from: number, to: number) => Promise<BlockRead> {
  const kept: (Block | undefined)[] = [first, undefined, undefined];
  return async (from, to) => {
    const held = kept.find((block) => block && block.from <= from && to <= block.from + block.bytes.length);
    if (held !== undefined) return { bytes: held.bytes.subarray(from - held.from, to - held.from), shared: true };
    if (to - from >= BLOCK_BYTES) return { bytes: await read(from, to), shared: false };
    const isEnd = sizeBytes - from <= BLOCK_BYTES;
    const start = isEnd ? Math.max(0, sizeBytes - BLOCK_BYTES) : from;
    const block = { from: start, bytes: await read(start, Math.min(sizeBytes, start + BLOCK_BYTES)) };
    kept[isEnd ? 1 : 2] = block;
    return { bytes: block.bytes.subarray(from - start, to - start), shared: true };
  };
}
