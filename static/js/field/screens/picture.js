// Photos get small and anonymous before they are kept (rule 23): at most 1600 px, drawn anew, so
// that nothing that the camera wrote into them is left; when and where they were taken comes back
// beside them.
const LONGEST = 1600;
const THUMBNAIL = 168;
const LARGEST_THUMBNAIL = 18_000;

/** {bytes, mime, thumbnail, takenAt, position} of an image file; throws where it cannot be read. */
export async function picture(file) {
  const told = readExif(await file.slice(0, 256 * 1024).arrayBuffer());
  const image = await opened(file);
  const blob = await drawn(image, LONGEST, 0.82);
  const thumbnail = await small(image);
  image.close?.();
  return { bytes: await blob.arrayBuffer(), mime: "image/jpeg", thumbnail, ...told };
}

async function opened(file) {
  try {
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    const image = new Image();
    image.src = URL.createObjectURL(file);
    try {
      await image.decode();
    } finally {
      URL.revokeObjectURL(image.src);
    }
    return image;
  }
}

function drawn(image, longest, quality) {
  const scale = Math.min(1, longest / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(image.width * scale));
  canvas.height = Math.max(1, Math.round(image.height * scale));
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("not drawn"))), "image/jpeg", quality);
  });
}

/** A thumbnail as base64, small enough to travel within its entry. */
async function small(image) {
  for (const quality of [0.7, 0.5, 0.3]) {
    const text = base64(await (await drawn(image, THUMBNAIL, quality)).arrayBuffer());
    if (text.length <= LARGEST_THUMBNAIL || quality === 0.3) return text;
  }
}

const base64 = (buffer) => btoa(Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join(""));

// To a decimetre, which is more than any phone knows.
const fine = (degrees) => Math.round(degrees * 1e6) / 1e6;

/** {takenAt: "2026-11-27T14:32:00" (the camera's own clock), position} as far as a JPEG says. */
export function readExif(buffer) {
  try {
    return exif(new DataView(buffer)) ?? {};
  } catch {
    return {}; // what is written there is the camera's affair, and may be anything
  }
}

function exif(view) {
  if (view.getUint16(0) !== 0xffd8) return null;
  let at = 2;
  while (view.getUint16(at) !== 0xffe1) {
    if (view.getUint8(at) !== 0xff) return null;
    at += 2 + view.getUint16(at + 2);
  }
  if (view.getUint32(at + 4) !== 0x45786966) return null; // "Exif"
  const start = at + 10;
  const little = view.getUint16(start) === 0x4949;
  const short = (offset) => view.getUint16(start + offset, little);
  const long = (offset) => view.getUint32(start + offset, little);
  const fields = (offset) => {
    const found = new Map();
    for (let i = 0; i < short(offset); i++) {
      const entry = offset + 2 + i * 12;
      found.set(short(entry), { count: long(entry + 4), value: entry + 8 });
    }
    return found;
  };
  const text = ({ count, value }) => {
    const offset = count > 4 ? long(value) : value;
    return String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + start + offset, count - 1));
  };
  const degrees = ({ value }) => {
    const parts = [0, 8, 16].map((step) => long(long(value) + step) / long(long(value) + step + 4));
    return parts[0] + parts[1] / 60 + parts[2] / 3600;
  };
  const first = fields(long(4));
  const camera = first.has(0x8769) ? fields(long(first.get(0x8769).value)) : new Map();
  const place = first.has(0x8825) ? fields(long(first.get(0x8825).value)) : new Map();
  const told = {};
  const taken = camera.has(0x9003) && /^(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)/.exec(text(camera.get(0x9003)));
  if (taken) told.takenAt = `${taken[1]}-${taken[2]}-${taken[3]}T${taken[4]}`;
  if (place.has(2) && place.has(4)) {
    const latitude = degrees(place.get(2)) * (text(place.get(1)) === "S" ? -1 : 1);
    const longitude = degrees(place.get(4)) * (text(place.get(3)) === "W" ? -1 : 1);
    if (Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180) told.position = { latitude: fine(latitude), longitude: fine(longitude) };
  }
  return told;
}
