// How a site asks before it records: nothing is recorded or stored before the visitor agrees.
const commands = []
// Until the tracker is there, it keeps what is said.
window.millrace ??= Object.assign((...command) => commands.push(command), { q: commands })

const CHOICE = 'shop.choice'
const choice = localStorage.getItem(CHOICE)
millrace('init', {
  endpoint: location.origin,
  key: '__KEY__',
  anyElement: true,
  mouseMoves: true,
  ...(choice && { consent: choice === 'yes' }),
})

addEventListener('DOMContentLoaded', () => {
  for (const button of document.querySelectorAll('[data-shop-goto]'))
    button.addEventListener('click', () => {
      location.href = button.dataset.shopGoto
    })
  if (choice) return
  const ask = document.createElement('div')
  ask.className = 'ask'
  ask.setAttribute('role', 'dialog')
  ask.setAttribute('aria-label', 'Recording')
  ask.textContent = 'May this shop record what you click?'
  for (const [text, answer] of [
    ['Yes', 'yes'],
    ['No', 'no'],
  ]) {
    const button = document.createElement('button')
    button.type = 'button'
    button.textContent = text
    button.addEventListener('click', () => {
      localStorage.setItem(CHOICE, answer)
      millrace('consent', answer === 'yes')
      ask.remove()
    })
    ask.append(button)
  }
  document.body.append(ask)
})
