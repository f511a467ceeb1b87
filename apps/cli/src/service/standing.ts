import { ArmError } from '@trusted-launch/api'
import type { Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import type { Connection } from './connection.ts'
import { lastVerdict } from './evidence.ts'
import { followed, type VmOptions, vmPath } from './vm-command.ts'
import { type VmView, viewOfVm } from './vm-view.ts'

/** Waits for what boots a VM, and tells how it stands then. */
export async function followedBoot(
  connection: Connection,
  doing: string,
  name: string,
  operationUrl: string | null,
  options: VmOptions,
  output: Output,
): Promise<void> {
  await followed(connection, `${doing} ${name}`, operationUrl, options, output)
  if (options.wait === false || options.json === true) return
  output.out(await standingOf(connection, name, options))
}

/** One sentence on how a VM stands, and what to type about it: for whoever just changed something of it. */
export async function standingOf(
  connection: Connection,
  name: string,
  options: VmOptions,
): Promise<string> {
  const path = vmPath(connection, name, options)
  const vm = viewOfVm(await connection.client.get(`${path}?$expand=instanceView`))
  const of = `${name}${inGroup(options)}`
  const worst = ['warning', 'unhealthy'].includes(vm.integrity)
    ? await worstOf(connection, path)
    : null
  return `${plain(sentenceOn(vm, of, worst))}\n`
}

/** The group as it was typed. */
export const inGroup = ({ group }: VmOptions) => (group === undefined ? '' : ` --group ${group}`)

/** What the verifier found first, which is the worst; null: who asks may not read it. */
async function worstOf(connection: Connection, path: string): Promise<string | null> {
  try {
    const { result } = await lastVerdict(connection, path)
    return result.findings[0]?.summary ?? null
  } catch (error) {
    if (error instanceof ArmError) return null
    throw error
  }
}

/** @param of as it is typed: its name, and its group where one was named */
export function sentenceOn(vm: VmView, of: string, worst: string | null): string {
  const { name, power, integrity, failure } = vm
  const found = worst === null ? '' : `: ${worst.replace(/\.$/, '')}`
  const why = `; tl vm attest ${of} --last tells all`
  switch (integrity) {
    case 'failed':
      return `${name} did not come up: ${failure ?? ''} Its console: tl vm console ${of}`
    case 'healthy':
      return `${name} is healthy: the verifier checked its boot, and all is as foretold`
    case 'warning':
      return `${name} runs, and the verifier has a doubt${found}${why}`
    case 'unhealthy':
      return `${name} is unhealthy${found}${why}`
    case 'silent':
      return `${name} runs, and gave no evidence by its deadline: tl vm console ${of} shows whether its guest is up`
    case '-':
      return `${name} is ${power}: tl vm start ${of} boots it, and it is judged then`
    case 'not attested':
      return `${name} runs, and nobody vouches for its boot: ${whyUnattested(vm, of)}`
  }
}

function whyUnattested({ securityType, vTpm }: VmView, of: string): string {
  if (securityType !== 'TrustedLaunch')
    return `it is no Trusted Launch VM; tl vm deallocate ${of}, then tl vm security set ${of} --security-type TrustedLaunch --vtpm on`
  if (!vTpm) return `it has no vTPM; tl vm security set ${of} --vtpm on gives it one`
  return `no agent answered in it; tl vm attest ${of} asks again, tl vm console ${of} shows its boot`
}
