export const serviceFlags: readonly string[]
export const serviceEnvironment: Readonly<Record<string, string>>
