import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { toUtf8 } from '@trusted-launch/codec'
import { writeDurably } from '@trusted-launch/host'
import type { AllowedReceiver } from './domain/destinations.ts'
import type { AllowedSource } from './domain/sources.ts'
import type { StoreOptions } from './store/open-engine.ts'
import type { PostgresOptions } from './store/postgres-url.ts'

/** Where a service has what is not in its data folder, and how it was told to serve; remembered there, so that a start needs not be told again. */
export interface Settings {
  readonly database?: PostgresOptions
  /** Absolute. */
  readonly hostData?: string
  readonly location?: string
  /** These and the next are taken whole: what is given replaces what was. */
  readonly publicNames?: readonly string[]
  readonly allowedSources?: readonly AllowedSource[]
  readonly allowedReceivers?: readonly AllowedReceiver[]
  /** Stretches of addresses that are routed to the host; empty: none are given. */
  readonly publicPool?: readonly string[]
  /** Bridges of the host that networks may be on; empty: none. */
  readonly bridges?: readonly string[]
  /** Absolute. */
  readonly alertFiles?: string
}

const fileIn = (data: string) => join(data, 'settings.json')

/**
 * What a data folder remembers, and over it what is given now.
 * @throws {SyntaxError} its file was spoilt.
 */
export function settingsOf(data: string, given: Settings = {}): Settings {
  const { database, hostData, ...others } = { ...remembered(data), ...defined(given) }
  return {
    ...(database !== undefined && { database: absolute(database) }),
    ...(hostData !== undefined && { hostData: resolve(hostData) }),
    ...others,
  }
}

/** No password is in it: the name of the file that has it. */
export async function remember(data: string, settings: Settings): Promise<void> {
  if (JSON.stringify(settings) === JSON.stringify(remembered(data))) return
  await writeDurably(fileIn(data), toUtf8(`${JSON.stringify(settings, null, 2)}\n`), 0o600)
}

/** The database of a data folder. */
export function databaseOf(data: string, { database }: Settings): StoreOptions {
  return database ?? { path: join(data, 'service.db') }
}

function remembered(data: string): Settings {
  try {
    return JSON.parse(readFileSync(fileIn(data), 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
}

function absolute({ url, passwordFile }: PostgresOptions): PostgresOptions {
  return { url, ...(passwordFile !== undefined && { passwordFile: resolve(passwordFile) }) }
}

function defined(given: Settings): Settings {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}
