import { computed } from '@preact/signals'
import { describeStatusDetail, isApproved } from 'mercadopago-wallet-connect'
import { useEffect, useRef } from 'preact/hooks'
import { CATALOGUE, COUPON, CURRENCY, MAX_QUANTITY, type ProductId } from '../../demo/catalogue.ts'
import { CodeButton } from '../code/code-button.tsx'
import { persistedSignal } from '../persisted-signal.ts'
import { applyCoupon, link, unlink } from './link.ts'
import { leave, pay, payAgain, resume, startOver } from './pay.ts'
import {
  busy,
  cart,
  chargeOf,
  coupon,
  hasFailed,
  hasOutcome,
  items,
  type Purchase,
  price,
  problem,
  purchase,
  reserve,
  showError,
  total,
  wallet,
} from './state.ts'
import { fill, headingOf, LANGUAGES, type Language, preferred, TEXTS } from './texts.ts'

const language = persistedSignal<Language>('language', preferred(navigator.languages))
/** The texts of the stored language, which may be one of an older version of this page. */
const texts = computed(() => TEXTS[language.value] ?? TEXTS.es)
const money = computed(() => new Intl.NumberFormat(texts.value.locale, { style: 'currency', currency: CURRENCY }))
const inMoney = (amount: number): string => money.value.format(amount)

/** The buyer's side of the page. */
export function Checkout() {
  useEffect(() => {
    resume().catch(showError)
  }, [])
  const t = texts.value
  useEffect(() => {
    document.documentElement.lang = t.locale
    document.title = `${t.shop} · Wallet Connect`
  }, [t])
  return (
    <main class="pane checkout" lang={t.locale}>
      <header class="row apart nowrap">
        <h1>{t.shop}</h1>
        <label class="small">
          <span class="unseen">{t.language}</span>
          <select
            value={language.value}
            onChange={({ currentTarget }) => {
              language.value = currentTarget.value as Language
            }}
          >
            {Object.entries(LANGUAGES).map(([tag, name]) => (
              <option key={tag} value={tag} lang={tag}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </header>
      {purchase.value ? <Receipt {...purchase.value} /> : <Cart />}
      <Wallet />
      <Message />
    </main>
  )
}

function Cart() {
  const t = texts.value
  const put = (id: ProductId, quantity: number): void => {
    cart.value = { ...cart.value, [id]: quantity }
  }
  return (
    <section aria-labelledby="cart">
      <h2 id="cart" tabIndex={-1}>
        {t.cart}
      </h2>
      <ul class="products">
        {CATALOGUE.map(({ id, price }) => {
          const quantity = cart.value[id] ?? 0
          const product = t.products[id]
          return (
            <li key={id} class="row apart">
              <span class="grows">
                {product}
                <br />
                <span class="small dim">{inMoney(price)}</span>
              </span>
              <span class="row stepper">
                <button
                  type="button"
                  class="quiet"
                  aria-label={fill(t.fewer, { product })}
                  disabled={quantity === 0 || busy.value !== null}
                  onClick={() => put(id, quantity - 1)}
                >
                  −
                </button>
                <output aria-label={product}>{quantity}</output>
                <button
                  type="button"
                  class="quiet"
                  aria-label={fill(t.more, { product })}
                  disabled={quantity >= MAX_QUANTITY || busy.value !== null}
                  onClick={() => put(id, quantity + 1)}
                >
                  +
                </button>
              </span>
            </li>
          )
        })}
      </ul>
      {items.value.length === 0 && <p>{t.empty}</p>}
      {wallet.value && <Coupon />}
      <label class="row">
        <input
          type="checkbox"
          checked={reserve.value}
          disabled={busy.value !== null}
          onChange={({ currentTarget }) => {
            reserve.value = currentTarget.checked
          }}
        />
        {t.reserve}
      </label>
      <p class="row apart total">
        <span>{t.total}</span>
        <strong>{inMoney(total.value)}</strong>
      </p>
      {coupon.value && (
        <p class="row apart">
          <span>{t.discounted}</span>
          <strong>{inMoney(price.value)}</strong>
        </p>
      )}
      <Pay />
    </section>
  )
}

function Pay() {
  const t = texts.value
  const amount = inMoney(price.value)
  const isIdle = busy.value === null && items.value.length > 0
  return (
    <div class="row">
      {wallet.value ? (
        <button type="button" class="primary grows" disabled={!isIdle} onClick={pay}>
          {fill(reserve.value ? t.reserveNow : t.payNow, { amount })}
        </button>
      ) : (
        <Link isIdle={isIdle} />
      )}
      <CodeButton
        step={wallet.value ? (reserve.value ? 'reserve' : 'pay') : 'link'}
        label={wallet.value ? (reserve.value ? 'Reserve' : 'Pay') : 'Link the wallet'}
      />
    </div>
  )
}

function Link({ isIdle }: { isIdle: boolean }) {
  return (
    <button type="button" class="primary grows" disabled={!isIdle} onClick={link}>
      {texts.value.pay}
    </button>
  )
}

function Coupon() {
  const t = texts.value
  return (
    <form
      class="row"
      onSubmit={(event) => {
        event.preventDefault()
        const code = new FormData(event.currentTarget).get('coupon')
        if (typeof code === 'string') void applyCoupon(code.trim())
      }}
    >
      <label class="grows">
        {t.coupon}
        <input name="coupon" autocomplete="off" placeholder={COUPON} maxLength={64} />
      </label>
      <button type="submit" class="quiet" disabled={busy.value !== null}>
        {t.apply}
      </button>
      <CodeButton step="coupon" label="Apply a coupon" />
      {coupon.value && <output class="whole good">{fill(t.couponWorks, { code: coupon.value.code })}</output>}
    </form>
  )
}

function Wallet() {
  const t = texts.value
  return (
    <section class="card" aria-labelledby="wallet">
      <h2 id="wallet">{t.wallet}</h2>
      <p>{wallet.value ? t.linked : t.notLinked}</p>
      {wallet.value && (
        <div class="row">
          <button type="button" class="quiet" disabled={busy.value !== null} onClick={unlink}>
            {t.unlink}
          </button>
          <CodeButton step="return" label="The buyer comes back" text="Code of the return" />
          <CodeButton step="session" label="A ticket for the page" text="Code of the ticket" />
          <CodeButton step="unlink" label="Unlink the wallet" text="Code" />
        </div>
      )}
    </section>
  )
}

/** The state of a purchase. */
function Receipt(own: Purchase) {
  const { order, request, payment } = own
  const t = texts.value
  const status = String(payment?.status)
  const settled = hasOutcome(own)
  const mood = settled
    ? hasFailed(own)
      ? 'bad'
      : isApproved(payment ?? {}) || status === 'authorized'
        ? 'good'
        : 'open'
    : 'open'
  const heading = useRef<HTMLHeadingElement>(null)
  // The button that was pressed is gone, so keyboard users need a new place.
  useEffect(() => heading.current?.focus(), [])
  return (
    <section aria-labelledby="receipt" class={`card receipt ${mood}`}>
      <h2 id="receipt" ref={heading} tabIndex={-1}>
        {stateOf(own)}
      </h2>
      <p class="total">{inMoney(chargeOf(request))}</p>
      {payment && !SELF_EXPLANATORY.includes(status) && <p>{describeStatusDetail(payment.detail, t.locale)}</p>}
      {!settled && busy.value !== 'paying' && <p class="small">{t.mayStill}</p>}
      <p class="small dim">{payment ? fill(t.receipt, { id: payment.id, order: order.id }) : order.id}</p>
      <div class="row">
        {hasFailed(own) && busy.value === null && (wallet.value ? <Again {...own} /> : <Link isIdle />)}
        {!settled && busy.value === null && (
          <button type="button" class="primary" onClick={resume}>
            {t.askAgain}
          </button>
        )}
        {settled && (
          <button type="button" disabled={busy.value !== null} onClick={startOver}>
            {t.another}
          </button>
        )}
        {!settled && busy.value !== 'paying' && (
          <button type="button" onClick={leave} disabled={busy.value === 'closing'}>
            {t.leave}
          </button>
        )}
        <CodeButton step="lost-answer" label="When the answer is lost" text="Code" />
      </div>
    </section>
  )
}

function Again(own: Purchase) {
  return (
    <button type="button" class="primary" onClick={() => payAgain(own)}>
      {fill(texts.value.tryAgain, { amount: inMoney(chargeOf(own.request)) })}
    </button>
  )
}

/** The statuses that need no further explanation. */
const SELF_EXPLANATORY = ['approved', 'authorized', 'cancelled', 'canceled', 'refunded', 'partially_refunded']

function stateOf({ payment, isRefused }: Purchase): string {
  const t = texts.value
  if (isRefused) return t.refused
  if (payment) return headingOf(t, String(payment.status))
  return busy.value === 'checking' ? t.checking : busy.value === 'paying' ? t.paying : t.unknown
}

/** What is happening, for screen readers, too. The regions are always present, or their changes would not be announced. */
function Message() {
  const t = texts.value
  const now = { linking: t.linking, unlinking: t.unlinking, paying: '', checking: '', coupon: '', closing: '' }
  return (
    <>
      <p role="status" class="message">
        {busy.value ? now[busy.value] : ''}
      </p>
      <p role="status" class="unseen">
        {purchase.value ? stateOf(purchase.value) : ''}
      </p>
      <p role="alert" class="message bad">
        {problem.value ? t.problems[problem.value.kind] : ''}
      </p>
    </>
  )
}
