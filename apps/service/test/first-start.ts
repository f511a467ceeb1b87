import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pino from 'pino'
import { openService } from '../src/service.ts'
import { ScriptedHost } from './scripted/host.ts'

const folder = fileURLToPath(new URL('../../../.cache/first-start', import.meta.url))
const DAY_MS = 86_400_000
/** What decides what is made. */
const sources = ['identity', 'store'].map((name) =>
  fileURLToPath(new URL(`../src/${name}`, import.meta.url)),
)

/**
 * The folder of a service that was started once and ended: database, keys and administrator, which take as long to
 * make as many a test. One for all tests of a day and of the same sources.
 */
export async function firstStart(): Promise<string> {
  const made = join(folder, nameOfToday())
  if (existsSync(made)) return made
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  for (const name of readdirSync(folder)) {
    const old = join(folder, name)
    const { mtimeMs = Infinity } = statSync(old, { throwIfNoEntry: false }) ?? {}
    if (mtimeMs < Date.now() - 2 * DAY_MS) rmSync(old, { recursive: true, force: true })
  }
  const data = mkdtempSync(join(folder, 'making-'))
  const service = await openService({
    ...{ data, publicNames: [], location: 'local', driver: new ScriptedHost() },
    ...{ listen: { host: '127.0.0.1', port: 0 }, log: pino({ level: 'silent' }) },
  })
  await service.close()
  try {
    renameSync(data, made)
  } catch {
    // Another process was first.
    rmSync(data, { recursive: true })
  }
  return made
}

function nameOfToday(): string {
  const hash = createHash('sha256').update(new Date().toISOString().slice(0, 10))
  for (const source of sources)
    for (const name of readdirSync(source, { recursive: true, encoding: 'utf8' }).sort())
      if (name.endsWith('.ts')) hash.update(readFileSync(join(source, name)))
  return hash.digest('hex').slice(0, 16)
}
