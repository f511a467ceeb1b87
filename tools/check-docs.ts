/** Documents that must agree with the tree: links, rooms' READMEs, dependencies' reasons, promises. */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { rooms } from './rooms.ts'

const read = (path: string) => readFileSync(path, 'utf8')
const documents = () =>
  globSync('**/*.md', { exclude: (path) => /node_modules|\.cache/.test(path) }).sort()

/** Relative links that lead nowhere. */
function deadLinks(path: string): string[] {
  const targets = [...read(path).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map((match) => match[1]!)
  return targets
    .filter((target) => !/^[a-z]+:/.test(target) && !existsSync(join(dirname(path), target)))
    .map((target) => `${path}: ${target} does not exist`)
}

/** Tests and benchmarks that a promise names must be there. */
function brokenPromises(): string[] {
  const named = [
    ...read('SPECIFICATION.md').matchAll(/`([\w./-]+\.(?:test|e2e|grid)\.ts|bench\/[\w-]+\.ts)`/g),
  ]
  return named
    .filter((match) => !existsSync(match[1]!))
    .map((match) => `SPECIFICATION.md: ${match[1]} does not exist`)
}

/** Every dependency of every manifest has its line of reason. */
function unreasoned(): string[] {
  const reasons = read('docs/dependencies.md')
  const root = JSON.parse(read('package.json'))
  const names = [
    ...Object.keys({ ...root.devDependencies, ...root.optionalDependencies }),
    ...rooms().flatMap((room) =>
      room.declared.filter((name) => !name.startsWith('@trusted-launch/')),
    ),
  ]
  return names
    .filter((name) => !reasons.includes(`\`${name}\``))
    .map((name) => `docs/dependencies.md: ${name} has no reason`)
}

export function checkDocs(): string[] {
  const roomless = rooms().filter((room) => !existsSync(join(room.folder, 'README.md')))
  return [
    ...documents().flatMap(deadLinks),
    ...roomless.map((room) => `${room.folder}: has no README.md`),
    ...brokenPromises(),
    ...unreasoned(),
  ]
}
