import { Component, type ReactNode } from 'react';

/**
 * Keeps a failure in a part of the page from taking the rest with it: a sentence stands in its place until other things
 * are on show (`of`).
 */
export class Boundary extends Component<
  { readonly of: unknown; readonly sentence: (why: string) => string; readonly children: ReactNode },
  { readonly error: Error | null }
> {
  override state = { error: null };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override componentDidUpdate(before: { readonly of: unknown }) {
    if (before.of !== this.props.of && this.state.error) this.setState({ error: null });
  }

  override render() {
    const error = this.state.error as Error | null;
    if (!error) return this.props.children;
    return (
      <p className="notice failed" role="alert">
        {this.props.sentence(error.message)}
      </p>
    );
  }
}
