import { type Policy, rememberQuestion, type Standing } from '@trusted-launch/attestation'
import { alertOf, alertRowsOf } from '../../domain/alerts.ts'
import type { HostFacts } from '../../domain/host/evidence.ts'
import { planOf } from '../../domain/plans.ts'
import { policyFor } from '../../domain/policies.ts'
import { type Used, usedFor } from '../../domain/references/used.ts'
import type { Resource, Tables } from '../../domain/store.ts'
import {
  afterStarts,
  keepRemembered,
  type Remembered,
  rememberedOf,
  standingAfter,
} from '../../domain/vm/remembered.ts'
import { stateOf } from '../../domain/vm/vm.ts'
import type { Under } from '../turn-holder.ts'
import { orFailed } from './failed.ts'
import type { Asked } from './question.ts'

/** What a verdict is made with beside the evidence, as it is when the VM is asked. */
export interface Begun {
  readonly known: Remembered
  readonly used: Used
  readonly policy: Policy
}

/** That a question is sent is kept before it is: its answer may be lost. */
export function begin(vm: Resource, facts: HostFacts, asked: Asked, under: Under): Promise<Begun> {
  const { vmId } = stateOf(vm)
  return under(async (tables) => {
    const known = await knownOf(tables, vm, facts)
    await keepRemembered(tables.values, vmId, withQuestion(known, facts, asked))
    const policy = await orFailed('it is not known what it must be', () => policyFor(tables, vm))
    return { known, policy, used: await usedNow(tables, vm, facts, asked.at) }
  })
}

/** What somebody may change while a VM is asked, and a verdict is made by as it is when that is kept. */
export interface Held {
  /** Of reference values. */
  readonly files: readonly Uint8Array[]
  readonly standing: Standing
}

export async function heldNow(
  tables: Tables,
  vm: Resource,
  facts: HostFacts,
  asked: number,
): Promise<Held> {
  const { files } = await usedNow(tables, vm, facts, asked)
  return { files, standing: (await knownOf(tables, vm, facts)).vm.standing }
}

async function usedNow(tables: Tables, vm: Resource, facts: HostFacts, asked: number) {
  const plan = (await planOf(tables, vm)).references.value
  return usedFor(tables, vm, facts.references, plan, asked)
}

/** What is remembered, by what became of it since: starts of the host, failures that somebody cleared. */
async function knownOf(tables: Tables, vm: Resource, facts: HostFacts): Promise<Remembered> {
  const before = await rememberedOf(tables.values, stateOf(vm).vmId)
  const { vm: memory, ...more } = afterStarts(before, facts.starts)
  if (memory.standing.failure === null) return { ...more, vm: memory }
  const alerts = (await alertRowsOf(tables, vm)).map(alertOf)
  return { ...more, vm: { ...memory, standing: standingAfter(memory.standing, alerts) } }
}

/** That the guest is asked to extend its index by this: the answer may be lost. */
function withQuestion(
  { vm, ...more }: Remembered,
  { expectation }: HostFacts,
  { extendNonce }: Asked,
): Remembered {
  return { ...more, vm: rememberQuestion(vm, expectation.generation, extendNonce) }
}
