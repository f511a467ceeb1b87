/** The value, which nobody can change from now on: so what was made of it stays true. Plain JSON only. */
export function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  if (Array.isArray(value)) for (let i = 0; i < value.length; i++) frozen(value[i])
  else for (const name in value) frozen(value[name])
  return Object.freeze(value)
}

/** A function of a value alone, run once for each that is `frozen`; for any other each time anew. */
export function once<K extends object, T>(make: (given: K) => T): (given: K) => T {
  const made = new WeakMap<K, { readonly value: T }>()
  return (given) => {
    if (!Object.isFrozen(given)) return make(given)
    const known = made.get(given)
    if (known !== undefined) return known.value
    const value = make(given)
    made.set(given, { value })
    return value
  }
}
