import { Checkout } from './checkout/checkout.tsx'
import { Inspector } from './inspector/inspector.tsx'

export function App() {
  return (
    <>
      <Checkout />
      <Inspector />
    </>
  )
}
