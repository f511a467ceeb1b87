import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { QUOTED_PCRS, type TokenBinding } from '@trusted-launch/attestation'
import type { Evidence } from '@trusted-launch/channel'
import { HostElsewhere } from '../../domain/host-driver.ts'
import type { Resource } from '../../domain/store.ts'
import { keepRemembered, type Remembered, rememberedOf } from '../../domain/vm/remembered.ts'
import { stateOf } from '../../domain/vm/vm.ts'
import type { Under } from '../turn-holder.ts'
import { isOurs } from '../worker.ts'
import type { Asking, AttestGround } from './attest.ts'

/** What a VM is asked with. */
export interface Asked {
  readonly nonce: Uint8Array
  readonly extendNonce: Uint8Array
  /** When. */
  readonly at: number
  readonly binding?: TokenBinding
}

export const BANKS = ['sha256'] as const
const ANSWER_MS = 60_000

/** 32 bytes that were never asked with. */
export function randomNonce(): Uint8Array {
  return new Uint8Array(randomBytes(32))
}

/** What its agent hands out, and how long it took. */
export async function collect(
  vm: Resource,
  known: Remembered,
  { nonce, extendNonce }: Asked,
  { under, signal }: Asking,
  ground: AttestGround,
): Promise<{ readonly evidence: Evidence; readonly tookMs: number }> {
  const question = { nonce, extendNonce, pcrs: [...QUOTED_PCRS], banks: BANKS }
  const begun = ground.now()
  try {
    const collected = ground.driver.collectEvidence(stateOf(vm).machine, question)
    const evidence = await within(collected, ground.answerMs ?? ANSWER_MS, signal)
    return { evidence, tookMs: ground.now() - begun }
  } catch (error) {
    if (isOurs(error)) throw error
    await forgetUnsent(vm, known, under, ground)
    throw error
  }
}

/** A question that its host never sent extended nothing: an agent that is not there is asked again and again. */
async function forgetUnsent(
  vm: Resource,
  known: Remembered,
  under: Under,
  { driver }: AttestGround,
): Promise<void> {
  const { machine, vmId } = stateOf(vm)
  const starts = (await driver.facts(machine))?.starts ?? null
  if (starts === null) return
  await under(async ({ values }) => {
    const { vm: memory, ...more } = await rememberedOf(values, vmId)
    const { rollback } = memory
    const before = known.vm.rollback.unanswered
    const unanswered = rollback.unanswered.filter(
      (nonce) => before.includes(nonce) || starts.unanswered.includes(nonce),
    )
    const now = { ...more, vm: { ...memory, rollback: { ...rollback, unanswered } } }
    await keepRemembered(values, vmId, now)
  })
}

/** What comes later is nobody's any more. @throws {HostElsewhere} whoever asked lets go of it. */
async function within<T>(work: Promise<T>, ms: number, signal: AbortSignal): Promise<T> {
  const ended = new AbortController()
  const waited = sleep(ms, undefined, { signal: AbortSignal.any([ended.signal, signal]) })
  const late = waited.then(
    () => Promise.reject(new Error(`no answer in ${ms} ms`)),
    () => Promise.reject(new HostElsewhere()),
  )
  try {
    return await Promise.race([work, late])
  } finally {
    ended.abort()
    for (const each of [work, late]) each.catch(() => {})
  }
}
