import type { Principal, Principals, Values } from '../../src/domain/store.ts'

/** Values in memory, each gone when it is over. */
export function valuesInMemory(now: () => number): Values {
  const kept = new Map<string, { value: Uint8Array; expiresAt: number }>()
  const get = async (name: string) => {
    const found = kept.get(name)
    return found === undefined || found.expiresAt <= now() ? null : found.value
  }
  return {
    get,
    put: async (name, value, expiresAt = Number.POSITIVE_INFINITY) => {
      kept.set(name, { value, expiresAt })
    },
    putNew: async (name, value) => {
      if ((await get(name)) !== null) return false
      kept.set(name, { value, expiresAt: Number.POSITIVE_INFINITY })
      return true
    },
    delete: async (name) => kept.delete(name),
    forget: async (before) => {
      const over = [...kept].filter(([, { expiresAt }]) => expiresAt < before)
      for (const [name] of over) kept.delete(name)
      return over.length
    },
  }
}

export function principalsInMemory(): Principals {
  const kept = new Map<string, Principal>()
  return {
    get: async (id) => kept.get(id) ?? null,
    bySignInName: async (name) =>
      [...kept.values()].find((each) => each.signInName === name) ?? null,
    list: async () => [...kept.values()],
    put: async (principal) => {
      kept.set(principal.id, principal)
    },
    delete: async (id) => kept.delete(id),
  }
}
