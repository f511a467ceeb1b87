import { Text } from '@fluentui/react-components'
import { Go } from '../../components/go.tsx'
import { paths } from '../../paths.ts'
import type { HiddenAlert } from '../../queries/suppression.ts'
import { nameIn } from '../../resource-names.ts'
import { useTexts } from '../../texts/texts.ts'
import { visible } from '../machine/integrity/visible.ts'

const SHOWN = 50

/** Alerts that a rule hides, or would: of which machine, and why. `count`: how many there are. */
export function HiddenList({ of, count }: { of: readonly HiddenAlert[]; count: number }) {
  const { suppression } = useTexts().govern
  const shown = of.slice(0, SHOWN)
  return (
    <>
      <ul>
        {shown.map(({ id, alertType, cause, vm }, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the same alert may have been hidden more than once
          <li key={`${id} ${i}`}>
            <Go to={paths.alert(id)}>{nameIn(vm)}</Go> {alertType} (<bdi>{visible(cause)}</bdi>)
          </li>
        ))}
      </ul>
      {count > shown.length && <Text>{suppression.more(count - shown.length)}</Text>}
    </>
  )
}
