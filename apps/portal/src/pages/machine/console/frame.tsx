import { Button, makeStyles, Text, tokens } from '@fluentui/react-components'
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import { MayButton, type Needed } from '../../../components/may-button.tsx'
import { Row } from '../../../components/row.tsx'
import { Failed } from '../../../components/states.tsx'
import type { LinkState } from '../../../queries/console.ts'
import { useTexts } from '../../../texts/texts.ts'

const useStyles = makeStyles({
  frame: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalS,
    minWidth: 0,
    ':fullscreen': {
      padding: tokens.spacingHorizontalM,
      backgroundColor: tokens.colorNeutralBackground1,
    },
  },
  console: { flexGrow: 1, minWidth: 0, minHeight: 0, overflow: 'auto' },
})

/** Tab is the VM's: Fluent's handling of it ends here, where nothing comes after, too. */
const UNTABBED = { 'data-tabster': JSON.stringify({ uncontrolled: { completely: true } }) }

interface Given {
  readonly state: LinkState
  readonly mayType: boolean
  readonly needs: Needed
  readonly connect: () => void
  readonly disconnect: () => void
  /** Buttons of this kind of console. */
  readonly tools: ReactNode
  readonly children: ReactNode
}

/**
 * A console, how it stands, and its buttons. All keys go to the VM but one chord, which comes back to the buttons:
 * nobody is kept in it. @see WCAG 2.2, 2.1.2
 */
export function ConsoleFrame(given: Given) {
  const { state, mayType, needs, connect, disconnect, tools, children } = given
  const { consoles: words } = useTexts()
  const styles = useStyles()
  const frame = useRef<HTMLDivElement>(null)
  const first = useRef<HTMLSpanElement>(null)
  const isFull = useFullScreen()
  const leave = (event: KeyboardEvent) => {
    if (!event.ctrlKey || !event.shiftKey || event.key !== 'Backspace') return
    event.preventDefault()
    event.stopPropagation()
    first.current?.querySelector('button')?.focus()
  }
  const isOn = state.is === 'open' || state.is === 'connecting' || state.is === 'waiting'
  return (
    <div ref={frame} className={styles.frame}>
      <Row label={words.tools}>
        <span ref={first}>
          <MayButton needs={needs} onClick={isOn ? disconnect : connect}>
            {isOn ? words.disconnect : words.connect}
          </MayButton>
        </span>
        {tools}
        <Button
          onClick={() => (isFull ? document.exitFullscreen() : frame.current?.requestFullscreen())}
        >
          {isFull ? words.leaveFull : words.full}
        </Button>
      </Row>
      <Text role="status">{statusOf(state, mayType, words)}</Text>
      {state.is === 'failed' && <Failed error={state.error} retry={connect} />}
      <div className={styles.console} onKeyDownCapture={leave} {...UNTABBED}>
        {children}
      </div>
      <Text size={200}>{words.leave}</Text>
    </div>
  )
}

type Words = ReturnType<typeof useTexts>['consoles']

function statusOf(state: LinkState, mayType: boolean, words: Words): string {
  if (state.is === 'open') return mayType ? words.open : words.watching
  if (state.is === 'waiting') return words.waiting(state.seconds)
  if (state.is === 'ended') return words.ends[state.why]
  return state.is === 'connecting' ? words.connecting : words.off
}

function useFullScreen(): boolean {
  const [is, set] = useState(false)
  useEffect(() => {
    const changed = () => set(document.fullscreenElement !== null)
    document.addEventListener('fullscreenchange', changed)
    return () => document.removeEventListener('fullscreenchange', changed)
  }, [])
  return is
}
