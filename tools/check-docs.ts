/** Documents that must agree with the tree: links, files, rooms' READMEs, commands, dependencies' reasons, promises. */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { rooms } from './rooms.ts'

const read = (path: string) => readFileSync(path, 'utf8')
const exclude = (path: string) => /node_modules|\.cache/.test(path)
const documents = () => globSync('**/*.md', { exclude }).sort()
const folders = 'packages|apps|tests|bench|tools|docs|examples'

/** Relative links that lead nowhere. */
function deadLinks(path: string): string[] {
  const targets = [...read(path).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map((match) => match[1]!)
  return targets
    .filter((target) => !/^[a-z]+:/.test(target) && !existsSync(join(dirname(path), target)))
    .map((target) => `${path}: ${target} does not exist`)
}

/** Files that a text names in backquotes, by their path from the root or, in a room, by their name. */
export function missingFiles(path: string, text = read(path)): string[] {
  const sources = [...text.matchAll(/`([\w./*{},-]+\.(?:ts|mts|mjs))`/g)]
  const others = [...text.matchAll(new RegExp(`\`((?:${folders})/[\\w./*{},-]+)\``, 'g'))]
  return [...new Set([...sources, ...others].map((match) => match[1]!))]
    .filter((name) => !isThere(name, dirname(path)))
    .map((name) => `${path}: ${name} does not exist`)
}

function isThere(name: string, folder: string): boolean {
  if (new RegExp(`^(${folders})/`).test(name)) return globSync(name).length > 0
  const [room] = new RegExp(`^(${folders})/[^/]+`).exec(folder) ?? []
  if (room === undefined && !name.includes('/')) return true
  return [join(folder, name), `${room ?? '.'}/**/${name}`].some(
    (pattern) => globSync(pattern, { exclude }).length > 0,
  )
}

/** Commands that a document shows and the manifest does not have. */
export function missingCommands(path: string, text = read(path)): string[] {
  const { scripts } = JSON.parse(read('package.json'))
  const shown = [...text.matchAll(/\bnpm run (?:--\S+ )*([a-z][\w:]*)/g)].map((m) => m[1]!)
  return [...new Set(shown)]
    .filter((name) => !Object.hasOwn(scripts, name))
    .map((name) => `${path}: npm run ${name} is no script`)
}

/**
 * Each promise names what keeps it on every clone, so not in brackets; whole boots and benchmarks that no
 * promise names are forgotten ones.
 */
export function brokenPromises(text = read('SPECIFICATION.md')): string[] {
  const rows = text
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (---|promise)/.test(line))
  const kept = /`(?:[\w./-]+\.(?:test|e2e|grid)\.ts|bench\/[\w-]+\.ts|tools\/[\w-]+\.ts|\.ci\/run)`/
  const bare = rows.filter((row) => !kept.test(row.replace(/\(`[^)]*\)/g, '')))
  const boots = globSync('tests/e2e/*.{e2e,grid}.ts').filter(
    (path) => !text.includes(`\`${path}\``),
  )
  return [
    ...bare.map((row) => `SPECIFICATION.md: nothing keeps "${row.slice(2, 60)}…"`),
    ...boots.sort().map((path) => `SPECIFICATION.md: ${path} keeps no promise there`),
  ]
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

/** Decisions are numbered, listed, and none is listed that is not there (links are looked at above). */
function unlistedDecisions(): string[] {
  const list = read('docs/decisions/README.md')
  return globSync('docs/decisions/[0-9]*.md')
    .filter((path) => !list.includes(`](${path.slice('docs/decisions/'.length)})`))
    .map((path) => `docs/decisions/README.md: ${path} is not listed`)
}

function sameNumberTwice(): string[] {
  const numbered = Map.groupBy(globSync('docs/decisions/[0-9]*.md'), (path) => path.slice(0, 19))
  return [...numbered.values()]
    .filter(({ length }) => length > 1)
    .map((paths) => `${paths.join(', ')}: one number, two decisions`)
}

export function checkDocs(): string[] {
  const roomless = rooms().filter((room) => !existsSync(join(room.folder, 'README.md')))
  return [
    ...documents().flatMap(deadLinks),
    ...documents().flatMap((path) => missingFiles(path)),
    ...documents().flatMap((path) => missingCommands(path)),
    ...roomless.map((room) => `${room.folder}: has no README.md`),
    ...brokenPromises(),
    ...unlistedDecisions(),
    ...sameNumberTwice(),
    ...unreasoned(),
  ]
}
