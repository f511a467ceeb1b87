import { readFileSync } from 'node:fs'
import { connect, type PeerCertificate } from 'node:tls'
import { ArmError } from '@trusted-launch/api'
import manifest from '../package.json' with { type: 'json' }
import type { Check } from './doctor-checks.ts'
import { Connection } from './service/connection.ts'
import { httpsTo } from './service/https.ts'
import { currentProfile, type FoundProfile, type Profile } from './service/profile.ts'

const HOST = '/providers/TrustedLaunch/hosts/local'
const DAY_MS = 86_400_000
const CERTIFICATE_DAYS_MIN = 14
/** Tokens and verdicts carry times: more apart is told. */
const CLOCKS_APART_MS_MAX = 60_000
const ANSWER_MS = 10_000

/** What there is to say of the control plane that this user is signed in to; nobody signed in is no fault. */
export async function signedInChecks(now: () => number = Date.now): Promise<Check[]> {
  const what = 'signed in'
  let found: FoundProfile
  try {
    found = currentProfile()
  } catch {
    return [{ what, found: 'nobody: tl login --admin DIR/admin.json signs in', remedy: null }]
  }
  const { profile } = found
  try {
    const { date } = await answerOf(profile)
    return [
      { what, found: `${profile.endpoint} answers`, remedy: null },
      clocksCheck(profile, date, now()),
      certificateCheck(await certificateOf(profile), now()),
      ...(await tokenChecks(profile)),
    ]
  } catch (error) {
    return [{ what, found: messageOf(error), remedy: `tl up there, or sign in again: tl login` }]
  }
}

async function answerOf({ endpoint, caFile }: Profile): Promise<{ date: string | null }> {
  const send = httpsTo(caFile)
  try {
    const answer = await send(`${endpoint}/health/ready`, { method: 'GET', headers: {} })
    if (answer.status !== 200)
      throw new Error(`${endpoint} is not ready: ${answer.status}, ask again in a minute`)
    return { date: answer.headers.get('date') }
  } finally {
    send.close()
  }
}

/** @param date as its answer carries it, to the second. */
export function clocksCheck(
  { endpoint }: Pick<Profile, 'endpoint'>,
  date: string | null,
  now: number,
): Check {
  const what = 'clocks'
  const theirs = Date.parse(date ?? '')
  if (Number.isNaN(theirs)) return { what, found: `${endpoint} tells no time`, remedy: null }
  const apart = Math.abs(theirs - now)
  const found = `${endpoint} and this machine are ${Math.floor(apart / 1000)} s apart`
  const remedy = 'set the clock that is wrong (timedatectl set-ntp true): tokens have times in them'
  return { what, found, remedy: apart > CLOCKS_APART_MS_MAX ? remedy : null }
}

export function certificateCheck(
  { valid_from: from, valid_to: to }: Pick<PeerCertificate, 'valid_from' | 'valid_to'>,
  now: number,
): Check {
  const what = 'its certificate'
  const [begin, end] = [from, to].map((time) => Date.parse(time)) as [number, number]
  const days = Math.floor((end - now) / DAY_MS)
  const found = `from ${isoOf(begin)} to ${isoOf(end)}, ${days} days left`
  const isSoon = days < CERTIFICATE_DAYS_MIN
  return { what, found, remedy: isSoon ? 'restart tl up there: it makes a new one' : null }
}

const isoOf = (time: number) => new Date(time).toISOString().slice(0, 10)

function certificateOf({ endpoint, caFile }: Profile): Promise<PeerCertificate> {
  const { hostname, port } = new URL(endpoint)
  const host = hostname.replace(/^\[|\]$/g, '')
  const named = /^[\d.]+$|:/.test(host) ? {} : { servername: host }
  return new Promise((resolve, reject) => {
    const socket = connect({
      ...{ host, port: Number(port === '' ? 443 : port), ...named, ca: readFileSync(caFile) },
    })
    socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error(`${endpoint} does not answer`)))
    socket.once('error', reject)
    socket.once('secureConnect', () => {
      resolve(socket.getPeerCertificate())
      socket.end()
    })
  })
}

/** Whether a token is to be had, and what the host of the control plane says of itself. */
async function tokenChecks(profile: Profile): Promise<Check[]> {
  const connection = new Connection(profile)
  const { client, subscription } = connection
  try {
    const { displayName } = await client.get(subscription)
    const token: Check = {
      ...{ what: 'token', remedy: null },
      found: `${profile.clientId} is let in, to ${displayName}`,
    }
    const host: any = await client.get(HOST).catch(notSeen)
    return [token, ...(host === null ? [] : roomChecks(host.properties))]
  } catch (error) {
    const remedy = 'tl login --admin FILE signs in again; an owner gives roles'
    return [{ what: 'token', found: messageOf(error), remedy }]
  } finally {
    connection.close()
  }
}

/** Whoever may not see the host is told nothing of it. */
function notSeen(error: unknown): null {
  if (error instanceof ArmError && error.fault.status === 403) return null
  throw error
}

/** @param of a host as the control plane shows it. */
export function roomChecks(of: any): Check[] {
  const { version, vcpus, memoryGib, running, virtualMachines, drained } = of
  const isSame = version === undefined || version === manifest.version
  return [
    {
      what: 'version',
      found: isSame
        ? `both are ${manifest.version}`
        : `it is ${version}, tl is ${manifest.version}`,
      remedy: isSame ? null : 'use the tl of the same release, or update what is older',
    },
    {
      what: 'its host',
      found: `${vcpus} vCPUs, ${Math.floor(memoryGib * 10) / 10} GiB of memory; ${running} of ${virtualMachines} VMs run`,
      remedy: drained === true ? 'it is drained and places no VM: tl host resume' : null,
    },
  ]
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
