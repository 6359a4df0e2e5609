/** `p•••@example.com`: enough to recognise an address that one knows, too little to write to. */
export function maskedEmail(email: string): string {
  const at = email.lastIndexOf('@');
  if (at < 1) return '•••';
  const [first] = email;
  return `${first}•••${email.slice(at)}`;
}
