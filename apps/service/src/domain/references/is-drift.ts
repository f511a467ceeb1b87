import type { Finding } from '@trusted-launch/attestation'
import { meaningOf } from '@trusted-launch/posture'

/** Whether a finding tells of what was measured otherwise, and of nothing else: an approval of that answers it. */
export function isDrift({ id }: Pick<Finding, 'id'>): boolean {
  const { failure, raises } = meaningOf(id)
  return failure === 'drift' && raises === null
}
