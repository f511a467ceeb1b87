/** Text with a NUL is in no PostgreSQL database: in both it becomes U+FFFD, and finds nothing. */
export function storable(parameters: readonly unknown[]): readonly unknown[] {
  const bad = (value: unknown) => typeof value === 'string' && value.includes('\0')
  if (!parameters.some(bad)) return parameters
  return parameters.map((value) =>
    bad(value) ? (value as string).replaceAll('\0', '\ufffd') : value,
  )
}
