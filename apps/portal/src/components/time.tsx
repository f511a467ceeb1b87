import { useAppearance } from '../ui/appearance.tsx'

/** A moment in local time; UTC when pointed at. */
export function Time({ at }: { at: string }) {
  const { language } = useAppearance().settings
  const when = new Date(at)
  const shown = when.toLocaleString(language, { dateStyle: 'medium', timeStyle: 'medium' })
  return (
    <time dateTime={at} title={`${when.toISOString()} (UTC)`}>
      {shown}
    </time>
  )
}
