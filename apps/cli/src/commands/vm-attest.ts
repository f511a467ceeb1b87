import { writeFileSync } from 'node:fs'
import { ArmError } from '@trusted-launch/api'
import type { AttestationResult } from '@trusted-launch/attestation'
import type { Command } from 'commander'
import type { ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { type VmOptions, vmPath, vmVerb } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'
import { exitCodeOfTier, textOfResult } from '../verdict.ts'

interface Options extends VmOptions {
  readonly record?: string
}

/** `tl vm attest`: what the verifier of the control plane said of a VM's last boot. */
export function vmAttestCommand(output: Output, done: (code: ExitCode) => void): Command {
  return vmVerb('attest', 'the newest verdict on how a VM booted')
    .description(
      "Prints the control plane's verdict, which it made when the VM last booted or its GuestAttestation extension was put. It is believed as the control plane is; --record saves what it was made from, and `tl appraise FILE --inner` makes it again on your machine.",
    )
    .option('--record <file>', 'save the appraisal record')
    .addHelpText(
      'after',
      `
Examples:
  tl vm attest web
  tl vm attest web --record web.json && tl appraise web.json --inner

Exit codes: 0 affirming, 1 no verdict, 2 usage, 3 contraindicated, 4 warning.`,
    )
    .action(async (name: string, options: Options) => {
      const { result, record } = await withService(async (connection) => {
        const vm = vmPath(connection, name, options)
        await connection.client.get(vm)
        const path = `${vm}/providers/TrustedLaunch/evidence`
        const { latest } = (await connection.client.get(path).catch(noVerdict(name))) as any
        const isWanted = options.record !== undefined
        const record = isWanted ? await connection.client.getBytes(`${path}?format=record`) : null
        return { result: latest.result as AttestationResult, record }
      })
      if (record !== null) writeFileSync(options.record!, record)
      output.out(options.json === true ? jsonText(result) : textOfResult(result, true, output))
      done(exitCodeOfTier(result.tier))
    })
}

/** The VM is there: what was not found is a verdict on it. */
function noVerdict(name: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof ArmError) || error.fault.status !== 404) throw error
    throw new Error(
      `there is no verdict on ${name} yet: it was not booted, has no vTPM, or its image no agent; tl vm show ${name}`,
    )
  }
}
