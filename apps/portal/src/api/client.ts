import { ArmClient } from '@trusted-launch/api'
import { sessionHeaders } from '../session/session.ts'

/** Told when a session turns out to be over. */
let ended = () => {}

export function onSessionEnd(listener: () => void): void {
  ended = listener
}

function clientOf(isBackground: boolean): ArmClient {
  return new ArmClient({
    endpoint: location.origin,
    token: async () => null,
    send: async (url, { method, headers, body }) => {
      const answer = await fetch(url, {
        method,
        headers: { ...headers, ...sessionHeaders(isBackground) },
        ...(body !== undefined && { body: body as BodyInit }),
      })
      if (answer.status === 401) ended()
      return answer
    },
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  })
}

/** What a person asked for. */
export const client = clientOf(false)
/** What the page asks by itself: it keeps nobody signed in. */
export const background = clientOf(true)
