import { Badge, type BadgeProps } from '@fluentui/react-components'
import type { Integrity } from '@trusted-launch/api'
import { useTexts } from '../texts/texts.ts'

const COLORS: Readonly<Record<Integrity, BadgeProps['color']>> = {
  affirming: 'success',
  warning: 'warning',
  contraindicated: 'danger',
  none: 'informative',
  drifting: 'warning',
  silent: 'severe',
  unjudged: 'informative',
  unproven: 'subtle',
}

export function IntegrityBadge({ of }: { of: Integrity }) {
  return (
    <Badge appearance="tint" color={COLORS[of] ?? 'informative'}>
      {useTexts().integrity[of]}
    </Badge>
  )
}
