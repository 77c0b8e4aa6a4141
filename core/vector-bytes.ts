/** How many dimensions a vector has that is kept as bytes of little-endian float32. */
export function dimensionsOf(vector: Uint8Array): number {
  return vector.length / Float32Array.BYTES_PER_ELEMENT;
}

/** False for a vector that was made with other dimensions of the same model. `dimensions`: 0 while they are not known. */
export function hasDimensions(vector: Uint8Array, dimensions: number): boolean {
  return dimensions === 0 || dimensionsOf(vector) === dimensions;
}
