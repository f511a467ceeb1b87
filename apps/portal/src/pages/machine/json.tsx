import { makeStyles, tokens } from '@fluentui/react-components'
import type { TabGiven } from '../machine.tsx'

const useStyles = makeStyles({
  text: {
    margin: 0,
    padding: tokens.spacingHorizontalM,
    overflow: 'auto',
    maxHeight: 'calc(100vh - 14rem)',
    backgroundColor: tokens.colorNeutralBackground2,
    fontFamily: tokens.fontFamilyMonospace,
  },
})

/** As the API gives it. */
export default function Json({ machine }: TabGiven) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <pre className={useStyles().text} tabIndex={0}>
      {JSON.stringify(machine, null, 2)}
    </pre>
  )
}
