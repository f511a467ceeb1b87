import { Button } from '@fluentui/react-components'
import { useState } from 'react'
import { Confirm } from './confirm.tsx'

interface Given {
  readonly verb: string
  /** Asked before it is done; absent: it is done at once. */
  readonly question?: string
  /** What must be typed first. */
  readonly name?: string
  /** Why it cannot be done now; absent: it can. */
  readonly why?: string | undefined
  readonly size?: 'small'
  readonly onYes: () => void
}

/** A button for something that is asked about before it is done. */
export function Act({ verb, question, name, why, size, onYes }: Given) {
  const [isAsking, ask] = useState(false)
  return (
    <>
      <Button
        {...(size !== undefined && { size })}
        disabledFocusable={why !== undefined}
        {...(why !== undefined && { title: why })}
        onClick={() => (question === undefined ? onYes() : ask(true))}
      >
        {verb}
      </Button>
      {isAsking && (
        <Confirm
          verb={verb}
          question={question!}
          {...(name !== undefined && { name })}
          onNo={() => ask(false)}
          onYes={() => {
            ask(false)
            onYes()
          }}
        />
      )}
    </>
  )
}
