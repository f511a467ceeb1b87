import { ArmError, type Asked, type NewVmRequests } from '@trusted-launch/api'
import { useSyncExternalStore } from 'react'
import { background, client } from '../api/client.ts'
import { type Failure, failureOf } from '../api/errors.ts'
import { queries } from '../api/query-client.ts'
import { everyOf } from './every-of.ts'
import { type Status, tierIn } from './machine.ts'

const WATCHED_MS = 1_000
/** Whose agent did not answer until then may never do. */
const VERDICT_MS = 5 * 60_000
const KEY = 'trusted-launch.creation'

type Part = keyof NewVmRequests

/** One thing that is asked for on the way to a virtual machine, and how far it is. */
export interface Deed {
  readonly part: Part | 'verdict'
  readonly path: string
  readonly state: 'waiting' | 'asked' | 'done' | 'failed'
  /** It was not there before: who cleans up removes it. */
  readonly isMade: boolean
  /** The answer may have been lost with the page. */
  readonly isSent?: boolean
  readonly operationUrl?: string | null
  readonly correlationId?: string | null
  readonly percent?: number
  readonly step?: string | null
  readonly failure?: Failure
}

/** A virtual machine that is being made from this window: kept with it, so that a reload goes on. */
export interface Creation {
  readonly machine: string
  readonly deeds: readonly Deed[]
  /** What is sent, without secrets. */
  readonly requests: NewVmRequests
  /** The virtual machine cannot be asked for by what is kept. */
  readonly needsSecrets: boolean
  /** What the verifier said; null: nothing until now. */
  readonly tier: string | null
  readonly isCleaning: boolean
  /** Somebody changes what they want; what was made until then is remembered. */
  readonly isAside: boolean
}

let current = load()
/** With secrets, while this page is there. */
let sent: NewVmRequests | null = null
let isGoing = false
const listeners = new Set<() => void>()

export function useCreation(): Creation | null {
  return useSyncExternalStore(
    (told) => {
      listeners.add(told)
      return () => listeners.delete(told)
    },
    () => current,
  )
}

/** Asks for all of it, one after the other. @param kept the same without secrets. */
export function begin(requests: NewVmRequests, kept: NewVmRequests, hasVerdict: boolean): void {
  const made = new Set(current?.deeds.filter(({ isMade }) => isMade).map(({ path }) => path))
  const parts = ['group', 'network', 'nic', 'vm', 'extension'] as const
  const deeds = parts.flatMap((part): Deed[] => {
    const path = requests[part]?.path
    if (path === undefined) return []
    return [{ part, path, state: 'waiting', isMade: made.has(path) }]
  })
  const machine = requests.vm.path
  const verdict: Deed = { part: 'verdict', path: machine, state: 'waiting', isMade: false }
  sent = requests
  change({
    ...{ machine, requests: kept, tier: null, isCleaning: false, isAside: false },
    deeds: hasVerdict ? [...deeds, verdict] : deeds,
    needsSecrets: JSON.stringify(requests) !== JSON.stringify(kept),
  })
  void go()
}

/** Goes on where it stopped: after a reload, or after a failure that may be over. */
export function resume(): void {
  if (current === null || isGoing || current.isCleaning) return
  change({
    ...current,
    deeds: current.deeds.map((deed) =>
      deed.state === 'failed' ? { ...deed, state: 'waiting', operationUrl: null } : deed,
    ),
  })
  void go()
}

/** Whether something of it failed and nothing goes on. */
export function isFailed({ deeds }: Creation): boolean {
  return deeds.some(({ state }) => state === 'failed')
}

export function isOver({ deeds }: Creation): boolean {
  return deeds.every(({ state }) => state === 'done')
}

/** Back to what is wanted. */
export function setAside(): void {
  change({ ...current!, isAside: true })
}

export function forget(): void {
  sent = null
  change(null)
}

/** What was made, the last first; of a group that was made, the group alone: all else goes with it. */
export function madeOf({ deeds }: Creation): readonly Deed[] {
  const made = deeds.filter(({ isMade, part }) => isMade && part !== 'extension')
  const group = made.find(({ part }) => part === 'group')
  return group === undefined ? made.toReversed() : [group]
}

/** Removes what was made. @throws {ArmError} the rest stays, and stays named. */
export async function cleanUp(): Promise<void> {
  change({ ...current!, isCleaning: true })
  try {
    for (const { path, part } of madeOf(current!)) {
      const { operationUrl } = await client.ask('DELETE', path)
      if (operationUrl !== null) await background.wait(operationUrl)
      changeDeed(part, { isMade: false })
    }
    forget()
  } finally {
    if (current !== null) change({ ...current, isCleaning: false })
    await refresh()
  }
}

async function go(): Promise<void> {
  isGoing = true
  try {
    for (const { part } of current!.deeds) if (!(await isDone(part))) break
  } finally {
    isGoing = false
    await refresh()
  }
}

async function isDone(part: Deed['part']): Promise<boolean> {
  if (deedOf(part).state === 'done') return true
  try {
    await (part === 'verdict' ? followVerdict() : make(part))
    changeDeed(part, { state: 'done' })
    return true
  } catch (error) {
    const failure = failureOf(error)
    const correlationId = failure.correlationId ?? deedOf(part).correlationId ?? null
    changeDeed(part, { state: 'failed', failure: { ...failure, correlationId } })
    return false
  }
}

async function make(part: Part): Promise<void> {
  if (deedOf(part).state === 'waiting') {
    const there = await found(part)
    if (there !== null && part !== 'vm' && part !== 'nic') return
    if (part === 'vm' && there !== null && there.state !== 'Failed') {
      if (deedOf(part).isSent !== true) throw new ArmError(taken(there.name))
      return followMachine()
    }
    changeDeed(part, { isSent: true })
    const { path, body } = requestOf(part)
    const { status, operationUrl, correlationId } = await client.ask('PUT', path, body)
    const isMade = deedOf(part).isMade || (there === null && status < 300)
    changeDeed(part, { state: 'asked', isMade, operationUrl, correlationId })
    await refresh()
  }
  const { operationUrl } = deedOf(part)
  if (operationUrl == null) return
  await background.wait(operationUrl, ({ percent, step }) => changeDeed(part, { percent, step }))
}

/** @throws {ArmError} it had secrets, which went with the page. */
function requestOf(part: Part): Asked {
  if (sent === null && part === 'vm' && current!.needsSecrets)
    throw new ArmError({ status: 409, code: 'Interrupted', message: '' })
  return (sent ?? current!.requests)[part]!
}

/** What is there of that name already: by a list, since asking for what is not there is a fault to browsers. */
async function found(part: Part): Promise<{ name: string; state: string } | null> {
  const { path } = deedOf(part)
  const all = await everyOf<any>(background, path.slice(0, path.lastIndexOf('/')))
  const one = all.find(({ id }) => id.toLowerCase() === path.toLowerCase())
  return one === undefined
    ? null
    : { name: one.name, state: one.properties?.provisioningState ?? '' }
}

const taken = (name: string) => ({ status: 409, code: 'NameTaken', message: name })

interface Watched {
  readonly properties: {
    readonly provisioningState: string
    readonly instanceView?: { readonly statuses?: readonly Status[] }
  }
}

/** Its operation was not told: the virtual machine tells. */
async function followMachine(): Promise<void> {
  changeDeed('vm', { state: 'asked', isMade: true })
  for (;;) {
    const { properties }: Watched = (await background.get(current!.machine)) as never
    if (properties.provisioningState === 'Succeeded') return
    if (properties.provisioningState === 'Failed')
      throw new ArmError({ status: 409, code: 'Failed', message: current!.machine })
    await later()
  }
}

/** Until there is a verdict; none after a while is no failure. */
async function followVerdict(): Promise<void> {
  changeDeed('verdict', { state: 'asked' })
  for (const end = Date.now() + VERDICT_MS; Date.now() < end; await later()) {
    const path = `${current!.machine}?$expand=instanceView`
    const { properties }: Watched = (await background.get(path)) as never
    const tier = tierIn(properties.instanceView?.statuses)
    if (tier !== null) return change({ ...current!, tier })
  }
}

function later(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, WATCHED_MS))
}

function deedOf(part: Deed['part']): Deed {
  return current!.deeds.find((deed) => deed.part === part)!
}

function changeDeed(part: Deed['part'], to: Partial<Deed>): void {
  if (current === null) return
  const deeds = current.deeds.map((deed) => (deed.part === part ? { ...deed, ...to } : deed))
  change({ ...current, deeds })
}

function change(next: Creation | null): void {
  current = next
  if (next === null) sessionStorage.removeItem(KEY)
  else sessionStorage.setItem(KEY, JSON.stringify(next))
  for (const told of listeners) told()
}

function load(): Creation | null {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? 'null')
  } catch {
    return null
  }
}

async function refresh(): Promise<void> {
  for (const key of ['fleet', 'list', 'machine'])
    await queries.invalidateQueries({ queryKey: [key] })
}
