import { Badge, type BadgeProps } from '@fluentui/react-components'
import { useTexts } from '../texts/texts.ts'

const COLORS: Readonly<Record<string, BadgeProps['color']>> = {
  High: 'danger',
  Medium: 'severe',
  Low: 'warning',
}

export function SeverityBadge({ of }: { of: string }) {
  return (
    <Badge appearance="tint" color={COLORS[of] ?? 'informative'}>
      {useTexts().severity[of] ?? of}
    </Badge>
  )
}

const RANKS = ['High', 'Medium', 'Low', 'Informational']

/** The gravest first. */
export function rankOf(severity: string): number {
  const rank = RANKS.indexOf(severity)
  return rank < 0 ? RANKS.length : rank
}
