import type { Upload } from '../../http/uploads';

/** Where the editor sends pictures. */
export const PICTURE_UPLOAD = {
  address: '/patreon/posts/pictures/',
  permission: 'posts.write',
  field: 'picture',
  maxBytes: 10 * 1024 ** 2,
  tooLarge: 'editor:problem.large',
} as const satisfies Upload;
