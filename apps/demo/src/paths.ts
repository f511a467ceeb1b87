import { isAbsolute, join, relative, resolve } from 'node:path'

const root = join(import.meta.dirname, '../../..')

/** What set-up made: images, packages. */
export const cacheDirectory = join(root, '.cache')
/** Where records, what signed them, and the VMs while they live are. */
export const demoFolder = join(cacheDirectory, 'demo')

/** Where the user is: npm runs scripts in the project's folder and says in INIT_CWD where it was typed. */
function userFolder(): string {
  const cwd = process.cwd()
  return cwd === root ? (process.env.INIT_CWD ?? cwd) : cwd
}

/** A path as the user typed it, absolute. */
export function userPath(path: string): string {
  return resolve(userFolder(), path)
}

/** A line that runs `tl` on a file or folder, as the user can type it where they are. */
export function tlLine(before: string, path: string, after = ''): string {
  const tl = isWithin(root, userFolder()) ? 'npx tl' : join(root, 'node_modules/.bin/tl')
  return [tl, before, shownPath(path), after].filter((word) => word !== '').join(' ')
}

/** A path as the user can type it where they are: relative when it is below. */
export function shownPath(path: string): string {
  const here = userFolder()
  return quoted(isWithin(here, path) ? relative(here, path) : path)
}

function isWithin(from: string, to: string): boolean {
  const way = relative(from, to)
  return way === '' || !(way.startsWith('..') || isAbsolute(way))
}

/** A word as a shell reads it back. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
