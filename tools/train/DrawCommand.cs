using System.CommandLine;
using PureClip.Cli;
using PureClip.Train.Data;
using PureClip.Train.Packages;

namespace PureClip.Train;

/// <summary><c>pureclip-train draw</c>: pictures that the shipped model has never seen, as files that fine-tuning takes.</summary>
internal static class DrawCommand
{
    public static Command Create(Shell shell)
    {
        Argument<string> from = new("FROM")
        {
            Description = "The folder that packages.sh has made, of which OpenMoji is drawn; or a file of drawings, at its own 64 pixels.",
        };
        Option<string> output = new("--output") { HelpName = "DIR", Description = "The folder to write.", Required = true };
        Option<int> classes = new("--classes")
        {
            HelpName = "N",
            Description = "A folder for each of so many kinds; 0 for captions.csv.",
            DefaultValueFactory = _ => 0,
        };
        Option<int> most = new("--most")
        {
            HelpName = "N",
            Description = "Most drawings of a class, or of all.",
            DefaultValueFactory = _ => 20,
        };
        Option<int> side = new("--side") { HelpName = "N", Description = "Pixels of a picture's side.", DefaultValueFactory = _ => 96 };
        Command command = new("draw", "Draw pictures that the model has never seen, to fine-tune with.")
        {
            from, output, classes, most, side,
        };
        command.SetAction(line =>
        {
            int count = Run(
                shell, line.GetValue(from)!, line.GetValue(output)!, line.GetValue(classes), line.GetValue(most), line.GetValue(side));
            shell.Say($"{count} pictures were drawn.");
            return ExitCode.Success;
        });
        return command;
    }

    private static int Run(Shell shell, string from, string output, int classes, int most, int side)
    {
        using PictureSet? set = File.Exists(from) ? PictureSet.Open(from) : null;
        List<(Drawing Drawing, int Place)> all = set is not null
            ? [.. set.All.Select(static (drawing, i) => (drawing, i))]
            : [.. new IconSets(new PackageFolders(from).Node, Program.Texts(new(from))).OfUnseenArtist()
                .Where(static drawing => drawing.Pool == Pool.Emoji).Select(static (drawing, i) => (drawing, i))];
        IEnumerable<(Drawing Drawing, int Place, string Folder)> chosen = classes > 0
            ? all.GroupBy(static one => one.Drawing.Kind).Where(kind => kind.Count() >= most).Take(classes)
                .SelectMany(kind => kind.Take(most).Select(one => (one.Drawing, one.Place, kind.Key)))
            : all.Take(most).Select(static one => (one.Drawing, one.Place, ""));
        List<string> captions = [];
        byte[] pixels = new byte[PictureSet.BytesEach];
        foreach ((Drawing drawing, int place, string folder) in chosen)
        {
            shell.Cancellation.ThrowIfCancellationRequested();
            // Names are of one artist: several have drawn the same things.
            string name = set is null ? drawing.Name : $"{place:D5}-{drawing.Name}", file = Path.Combine(folder, $"{name}.png");
            Directory.CreateDirectory(Path.Combine(output, folder));
            if (set is not null)
            {
                set.Read(place, pixels);
                SvgPictures.WritePng(pixels, PictureSet.Side, Path.Combine(output, file));
            }
            else if (!SvgPictures.WritePng(drawing.Svg, side, Path.Combine(output, file)))
            {
                continue;
            }
            captions.Add($"{file}\t{CaptionOf(drawing)}");
        }
        if (classes == 0)
            File.WriteAllLines(Path.Combine(output, "captions.csv"), captions);
        return captions.Count;
    }

    /// <summary>People have no name, but maybe something on.</summary>
    private static string CaptionOf(Drawing drawing) => drawing.Label.Length > 0 ? drawing.Label
        : drawing.Keys.Count > 0 ? $"person with {drawing.Keys[0]}"
        : "person";
}
