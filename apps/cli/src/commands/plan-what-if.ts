import { Command } from 'commander'
import { EXIT, type ExitCode, UsageError } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { whatIfText } from '../service/plan-text.ts'
import { waited } from '../service/progress.ts'
import { type ScopeOptions, scoped, scopeName, scopeOf } from '../service/scope.ts'
import { withService } from '../service/with-service.ts'

interface Options extends ScopeOptions {
  readonly policy?: string
  readonly referenceValues?: string
}

/** `tl plan what-if`: what a plan, a policy or reference values would change, before they do. */
export function planWhatIfCommand(output: Output, done: (code: ExitCode) => void): Command {
  return scoped(new Command('what-if'))
    .summary('what a plan, a policy or reference values would change, before they do')
    .description(
      'Makes the last verdict on each VM again with what is given, in the evidence as it is kept: nothing is changed. A plan is tried as if it stood at the scope.',
    )
    .argument('[plan]', 'a plan in JSON; - for standard input')
    .option('--policy <file>', 'a policy, in place of the one that each plan names')
    .option('--reference-values <file>', 'in place of all that count')
    .addHelpText(
      'after',
      '\nExamples:\n  tl plan what-if strict.json --group finance\n  tl plan what-if --policy strict-policy.json\n\nExit codes: 0 nothing would be worse, 4 something would, 1 failure, 5 malformed.',
    )
    .action(async (plan: string | undefined, options: Options) => {
      const { policy, referenceValues } = options
      const { readPlan } = await import('../plan-file.ts')
      const { readPolicy } = await import('../policy-file.ts')
      const { readReferences } = await import('../reference-file.ts')
      const properties = {
        ...(plan !== undefined && { plan: readPlan(plan) }),
        ...(policy !== undefined && { policy: readPolicy(policy) }),
        ...(referenceValues !== undefined && { references: readReferences(referenceValues) }),
      } as never
      if (Object.keys(properties).length === 0)
        throw new UsageError('tl plan what-if: name a plan, --policy or --reference-values')
      const result: any = await withService(async (connection) => {
        const path = `${scopeOf(connection, options)}/providers/TrustedLaunch/whatIf`
        const { operationUrl, resultUrl } = await connection.client.ask('POST', path, {
          properties,
        })
        await waited(connection, `trying it on ${scopeName(options)}`, operationUrl!, output)
        return connection.client.get(resultUrl!)
      })
      output.out(options.json === true ? jsonText(result) : whatIfText(result, output.width))
      done(result.worse > 0 ? EXIT.warning : EXIT.affirming)
    })
}
