import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { defaultDataDirectory } from '../data-directory.ts'
import { readable } from '../input-file.ts'

/** Where a control plane is, and who asks it: what `tl login` keeps. */
export interface Profile {
  /** `https://HOST:PORT` */
  readonly endpoint: string
  /** Absolute path, PEM: the only authority that is believed about the endpoint. */
  readonly caFile: string
  readonly tenantId: string
  readonly clientId: string
  readonly clientSecret: string
  readonly subscriptionId: string
  /** The resource group that is meant when none is named. */
  readonly group: string
}

/** A profile, and the file that it is of. */
export interface FoundProfile {
  readonly file: string
  readonly profile: Profile
  /** False: nobody signed in; it is this machine's own administrator. */
  readonly isSignedIn: boolean
}

export const DEFAULT_GROUP = 'default'

const TEXTS = [
  'endpoint',
  'caFile',
  'tenantId',
  'clientId',
  'clientSecret',
  'subscriptionId',
] as const

/** What `tl` keeps of its own: XDG's configuration folder, made when something is written there. */
export function configFolder(): string {
  return join(process.env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'trusted-launch')
}

export function profileFile(): string {
  return join(configFolder(), 'profile.json')
}

/**
 * Whoever signed in, or else this machine's administrator, as far as this user may read it.
 * @throws {Error} neither: it says what to type.
 */
export function currentProfile(): FoundProfile {
  const file = profileFile()
  if (existsSync(file)) return { file, profile: followed(parseProfile(file)), isSignedIn: true }
  const admin = join(defaultDataDirectory(), 'admin.json')
  if (isReadable(admin)) return { file: admin, profile: parseProfile(admin), isSignedIn: false }
  throw new Error(
    'nobody is signed in. `tl up` serves a control plane on this machine; `tl login --admin DIR/admin.json` signs in to one',
  )
}

/** The data folder that an authority is of; null: it is of none that this user may read. */
export function dataFolderOf(caFile: string): string | null {
  const data = dirname(dirname(caFile))
  return isReadable(join(data, 'admin.json')) ? data : null
}

/**
 * The same administrator of the same control plane, which may serve at another port by now: its authority vouches for
 * it there as before.
 */
function followed(profile: Profile): Profile {
  const data = dataFolderOf(profile.caFile)
  if (data === null) return profile
  const { endpoint, caFile, clientId, subscriptionId } = parseProfile(join(data, 'admin.json'))
  const isSame =
    caFile === profile.caFile &&
    clientId === profile.clientId &&
    subscriptionId === profile.subscriptionId &&
    new URL(endpoint).hostname === new URL(profile.endpoint).hostname
  return isSame ? { ...profile, endpoint } : profile
}

function isReadable(file: string): boolean {
  try {
    readFileSync(file)
    return true
  } catch {
    return false
  }
}

/** A profile, or an `admin.json`, whose fields are the same. @throws {Error} it is neither; `next` says what to do. */
export function parseProfile(file: string, next = 'sign in again with tl login'): Profile {
  const text = readable(file, () => readFileSync(file, 'utf8'))
  let fields: Partial<Profile>
  try {
    fields = JSON.parse(text)
  } catch (cause) {
    throw new Error(`${file}: no JSON: ${next}`, { cause })
  }
  const missing = TEXTS.find((name) => typeof fields?.[name] !== 'string' || fields[name] === '')
  if (missing !== undefined) throw new Error(`${file}: there is no ${missing} in it: ${next}`)
  const { endpoint, tenantId, clientId, clientSecret, subscriptionId } = fields as Profile
  const caFile = resolve(dirname(file), fields.caFile!)
  const group = typeof fields.group === 'string' ? fields.group : DEFAULT_GROUP
  return {
    ...{ endpoint: requireEndpoint(endpoint), caFile, tenantId, clientId, clientSecret },
    ...{ subscriptionId, group },
  }
}

/** `https://HOST:PORT`, without what may stand behind it. @throws {Error} */
export function requireEndpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url?.protocol !== 'https:')
    throw new Error(`${text} is no endpoint: https://HOST:PORT is wanted`)
  return url.origin
}

/** Written by rename, for its owner only. */
export function keepProfile(profile: Profile): string {
  const file = profileFile()
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const next = `${file}.${process.pid}`
  writeFileSync(next, `${JSON.stringify(profile, null, 2)}\n`, { mode: 0o600 })
  chmodSync(next, 0o600)
  renameSync(next, file)
  return file
}

/** @returns whether there was one. */
export function forgetProfile(): boolean {
  const file = profileFile()
  const isThere = existsSync(file)
  rmSync(file, { force: true })
  return isThere
}
