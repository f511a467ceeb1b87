import { ArmError } from '@trusted-launch/api'
import type { Resource } from '../domain/store.ts'
import { stateOf } from '../domain/vm/vm.ts'
import { ATTESTATION_FAILED } from './attestation/failed.ts'
import type { VmGround } from './vm/vm-job.ts'
import type { Handler, Job } from './worker.ts'

/**
 * Guest attestation: appraises at once, where the VM runs; what comes of it is the extension's status. That a guest does
 * not answer is no failure of it: from now on it is monitored, and silent by its deadline.
 */
export function extensionHandlers(ground: VmGround): Record<string, Handler> {
  return {
    'extension.put': async (job) => {
      const { resourceId, input } = job.operation
      const vm = await job.under(({ resources }) =>
        resources.get(resourceId.split('/').slice(0, -2).join('/')),
      )
      // One of the same name that was made after it has extensions of its own.
      if (vm === null || stateOf(vm).vmId !== input.vmId) return undefined
      const isUp = (await ground.driver.power(stateOf(vm).machine)) === 'running'
      const attested = isUp ? await attestedOrNull(vm, job, ground) : null
      const tier = attested?.tier ?? null
      await job.under(({ resources }) =>
        resources.update(
          resourceId,
          { provisioningState: 'Succeeded', state: { tier } },
          ground.now(),
        ),
      )
      return undefined
    },
  }
}

async function attestedOrNull(vm: Resource, job: Job, { attest }: VmGround) {
  try {
    return await attest(vm, job)
  } catch (error) {
    if (error instanceof ArmError && error.fault.code === ATTESTATION_FAILED) return null
    throw error
  }
}
