import type { HostDriver } from '../domain/host-driver.ts'
import type { VmGround } from './vm-job.ts'
import type { Handler } from './worker.ts'

/** Guest attestation: appraises at once, where the VM runs; what comes of it is the extension's status. */
export function extensionHandlers(
  ground: VmGround & { readonly driver: HostDriver },
): Record<string, Handler> {
  return {
    'extension.put': async (job) => {
      const { resourceId } = job.operation
      const vm = await job.under(({ resources }) =>
        resources.get(resourceId.split('/').slice(0, -2).join('/')),
      )
      const isUp =
        vm !== null && (await ground.driver.power((vm.state as any).machine)) === 'running'
      const attested = isUp ? await ground.attest(vm, job, false) : null
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
