/** How a provider departs from the protocol that it speaks. What is absent is as the protocol has it. */
export interface Quirks {
  /** Fields of a chat chunk's delta that may hold reasoning, in the order in which they are looked at. */
  readonly reasoningFields?: readonly string[];
}
