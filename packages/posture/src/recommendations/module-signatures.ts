import { noFix } from '../fix.ts'
import type { MachineFacts } from '../machine.ts'
import { evidenceOf, isStatus, verified } from '../reasons.ts'
import { LINUX, ofBoots, type RecommendationKind } from '../recommendation-kind.ts'
import { HEALTHY, type Status, unhealthy } from '../status.ts'

const enforcing =
  /(?:^|\s)(?:module\.sig_enforce(?:=[1yY])?|lockdown=(?:integrity|confidentiality))(?=\s|$)/

/**
 * That the kernel loads signed modules only. Inferred from what was measured (Secure Boot on, which locks the kernels
 * of distributions down, or a verified command line that asks for it): no evidence shows a kernel's own setting.
 */
export const moduleSignatures: RecommendationKind = {
  title: 'Linux virtual machines should enforce kernel module signature validation',
  severity: 'low',
  about: ofBoots(LINUX),
  description:
    'A kernel that takes only signed modules refuses code that would run with all its rights. Distributions’ kernels do under Secure Boot.',
  condition:
    'The last evidence does not show Secure Boot on with shim’s validation, nor a verified kernel command line with `module.sig_enforce` or `lockdown=`.',
  remediation: [
    'Enable Secure Boot, and switch shim’s validation on again if it is off (mokutil --enable-validation).',
    'Or put module.sig_enforce=1 on the kernel command line, and approve the change.',
  ],
  assess: statusOf,
  fix: () =>
    noFix(
      'It is the guest’s kernel that enforces it; enabling Secure Boot is a recommendation of its own.',
    ),
}

function statusOf(facts: MachineFacts): Status {
  const result = evidenceOf(facts)
  if (isStatus(result)) return result
  const isValidated = result.findings.every(({ id }) => id !== 'mok.validation-off')
  if (isValidated && verified(result, 'secure-boot') === true) return HEALTHY
  const line = verified(result, 'command-line')
  if (typeof line === 'string' && enforcing.test(line)) return HEALTHY
  return unhealthy(
    'not-enforced',
    'Nothing that was measured makes its kernel refuse unsigned modules.',
  )
}
