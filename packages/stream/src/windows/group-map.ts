import type { Group } from './window-records.ts'

interface Node<Value> {
  value: Value | undefined
  children: Map<string, Node<Value>> | undefined
}

/** Values by group: a tree of maps over the texts of the groups, so that no text of a whole group is made to find its value. */
export class GroupMap<Value extends object> {
  readonly #root: Node<Value> = { value: undefined, children: undefined }

  get(group: Group): Value | undefined {
    let node: Node<Value> | undefined = this.#root
    for (const text of group) {
      node = node.children?.get(text)
      if (!node) return undefined
    }
    return node.value
  }

  set(group: Group, value: Value): void {
    let node = this.#root
    for (const text of group) {
      node.children ??= new Map()
      let child = node.children.get(text)
      if (!child) {
        child = { value: undefined, children: undefined }
        node.children.set(text, child)
      }
      node = child
    }
    node.value = value
  }
}
