import { Outlet } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { onSessionEnd } from '../api/client.ts'
import { Failed, Loading } from '../components/states.tsx'
import { useSession } from '../queries/session.ts'
import { useSubscriptions } from '../queries/subscriptions.ts'
import { Ended } from '../session/ended.tsx'
import { SignIn } from '../session/sign-in.tsx'
import { SubscriptionContext } from '../session/subscription.tsx'
import { Shell } from '../ui/shell.tsx'

/** What is around every page: who is signed in, of which subscription it is, and the way to the others. */
export function Frame() {
  const session = useSession()
  const [isOver, setOver] = useState(false)
  useEffect(() => onSessionEnd(() => setOver(true)), [])
  if (session.isPending) return <Loading />
  if (session.isError) return <Failed error={session.error} retry={session.refetch} />
  if (session.data.signedIn === null) return <SignIn issuers={session.data.issuers} />
  return (
    <Inside name={session.data.signedIn.name}>
      {isOver && <Ended />}
      <Outlet />
    </Inside>
  )
}

function Inside({ name, children }: { name: string; children: React.ReactNode }) {
  const subscriptions = useSubscriptions()
  const [chosen, choose] = useState<string | null>(null)
  if (subscriptions.isPending) return <Loading />
  if (subscriptions.isError)
    return <Failed error={subscriptions.error} retry={subscriptions.refetch} />
  const all = subscriptions.data
  const subscription = all.find(({ id }) => id === chosen) ?? all[0] ?? null
  return (
    <SubscriptionContext.Provider value={subscription}>
      <Shell name={name} subscriptions={all} chosen={subscription} choose={choose}>
        {subscription !== null && children}
      </Shell>
    </SubscriptionContext.Provider>
  )
}
