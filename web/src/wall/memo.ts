import { Component, type ComponentChild, type ComponentType, h } from 'preact';

/** A component that renders again only where one of its properties is another than before. */
export function memo<P extends object>(Inner: ComponentType<P>): ComponentType<P> {
  return class Memo extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      const [a, b] = [this.props as Record<string, unknown>, next as Record<string, unknown>];
      const keys = Object.keys(b);
      return keys.length !== Object.keys(a).length || keys.some((key) => !Object.is(a[key], b[key]));
    }

    override render(): ComponentChild {
      return h(Inner, this.props as P);
    }
  };
}
