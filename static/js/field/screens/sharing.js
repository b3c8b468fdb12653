// The sealed file of all that was not sent yet: by the share sheet, or as a download (rule 29).
import { toast } from "./dom.js";
import { t } from "./say.js";

export async function share(ctx) {
  const content = await ctx.field.export();
  const stamp = new Date().toISOString().slice(0, 16).replace(/[-:T]/g, "");
  const file = new File([content].flat(), `bihuan-${stamp}.json`, { type: "application/json" });
  if (navigator.canShare?.({ files: [file] })) {
    try {
      await navigator.share({ files: [file], title: file.name });
      return;
    } catch (error) {
      if (error.name === "AbortError") return;
    }
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  toast(t("Saved as %(name)s. Give it to the office: nothing is lost, nothing counts twice.", { name: file.name }));
}
