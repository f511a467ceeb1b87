const LIMIT_MAX = 1000

/** How many rows a page has. @throws {RangeError} none, or more than 1,000. */
export function limitOf({ limit }: { readonly limit: number }): number {
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX)
    throw new RangeError(`a page of ${limit}`)
  return limit
}
