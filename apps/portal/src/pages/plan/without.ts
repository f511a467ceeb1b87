/** The same but for one member. */
export function without<T>(of: Readonly<Record<string, T>>, name: string): Record<string, T> {
  const { [name]: _, ...rest } = of
  return rest
}
