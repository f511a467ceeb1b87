import { useState } from 'react'
import { Confirm } from './confirm.tsx'
import { MayButton, type Needed } from './may-button.tsx'

interface Given {
  readonly verb: string
  readonly needs: Needed
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
export function Act({ verb, needs, question, name, why, size, onYes }: Given) {
  const [isAsking, ask] = useState(false)
  return (
    <>
      <MayButton
        {...(size !== undefined && { size })}
        needs={needs}
        why={why}
        onClick={() => (question === undefined ? onYes() : ask(true))}
      >
        {verb}
      </MayButton>
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
