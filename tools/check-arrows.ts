/**
 * The arrows between rooms are the manifests' `dependencies`: each declared one is used, each used
 * one is declared, and none goes against the order (ARCHITECTURE.md, "Arrows").
 */
import { dirname, normalize } from 'node:path'
import { importsOf, type Room, rooms } from './rooms.ts'

/** A room may depend on rooms of an earlier row only. */
const order = [
  ['api'],
  ['codec'],
  ['crypto', 'channel'],
  ['tpm2', 'uefi', 'template'],
  ['disk', 'eventlog'],
  ['attestation'],
  ['bootchain', 'posture'],
  ['agent', 'host'],
  ['service'],
  ['demo'],
  ['cli'],
  ['portal'],
]
/** Programs at the end of an arrow: nothing imports them (`host` bundles no agent, the service no portal: they are given it, built). */
const neverImported = ['agent', 'portal']
/** What programs may enter of `tools`: set-up, what their launchers look for before it, and how the service is started. */
const toolsDoors = ['setup', 'pinned-node', 'node-modules', 'service-node'].map(
  (name) => `tools/${name}.mjs`,
)
const scope = '@trusted-launch/'
/** What a package may not touch: files, clock, environment, randomness; the library's cryptography by one room. */
const impure =
  /\b(?:Date\.now|new Date\(\)|Math\.random|process\.|performance\.|setTimeout|setInterval|fetch)\b/

const storeyOf = (name: string) => order.findIndex((row) => row.includes(name))

/** What is wrong with a room's arrows, one sentence each. */
export function faultsOf(room: Room): string[] {
  const faults: string[] = []
  const used = new Set<string>()
  if (storeyOf(room.name) < 0) faults.push(`${room.folder}: has no place in the order`)
  for (const [path, text] of room.sources)
    for (const target of importsOf(text)) {
      if (target.startsWith('.')) {
        const entered = normalize(`${dirname(path)}/${target}`)
        const isDoor = room.folder.startsWith('apps/') && toolsDoors.includes(entered)
        if (!entered.startsWith(`${room.folder}/`) && !isDoor)
          faults.push(`${path}: ${target} leaves the room; use its door`)
      } else if (!target.startsWith('node:') && !['std', 'os'].includes(target))
        used.add(
          target
            .split('/')
            .slice(0, target.startsWith('@') ? 2 : 1)
            .join('/'),
        )
    }
  for (const target of used)
    if (!room.declared.includes(target))
      faults.push(`${room.folder}: imports ${target}, undeclared`)
  for (const target of room.declared) {
    if (!used.has(target)) faults.push(`${room.folder}: declares ${target}, unused`)
    const name = target.startsWith(scope) ? target.slice(scope.length) : null
    if (name !== null && (storeyOf(name) >= storeyOf(room.name) || neverImported.includes(name)))
      faults.push(`${room.folder}: ${name} is not below it`)
  }
  return faults
}

/** What a package does that only apps may: it knows things, and does nothing. */
export function impuritiesOf({ folder, name, declared, sources }: Room): string[] {
  if (!folder.startsWith('packages/')) return []
  const foreign = declared.filter((target) => !target.startsWith(scope))
  const touching = sources.flatMap(([path, text]) => {
    const code = text.replace(/^ *(?:\/\*\*.*|\*.*|\/\/.*)$/gm, '')
    const modules = importsOf(text).filter((target) => target.startsWith('node:'))
    const outside = modules.filter((module) => name !== 'crypto' || module !== 'node:crypto')
    const said = impure.exec(code)?.[0]
    return [...outside, ...(said === undefined ? [] : [said])].map((what) => `${path}: ${what}`)
  })
  return [
    ...foreign.map((target) => `${folder}: depends on ${target}, which is not of this house`),
    ...touching.map((what) => `${what} is not for a package`),
  ]
}

export function checkArrows(): string[] {
  return rooms().flatMap((room) => [...faultsOf(room), ...impuritiesOf(room)])
}
