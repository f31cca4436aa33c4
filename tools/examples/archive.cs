#:project ../../src/PureClip/PureClip.csproj

// A photographer's archive in order: copies every picture to a folder of its label, and what looks like none of them to "unsorted".
//   archive.cs PHOTOS SORTED animals food vehicles
using PureClip;
using PureClip.Labels;

(string photos, string sorted, string[] labels) = (args[0], args[1], args[2..]);
using Clip clip = Clip.Load("weights/pictogram-mini");
Classifier classifier = ZeroShotClassifier.Create(clip, labels);
string[] files = Directory.GetFiles(photos, "*.png");
foreach (ImageResult picture in clip.EncodeEach([.. files.Select(ImageSource.FromFile)]))
{
    if (picture.IsError)
    {
        Console.Error.WriteLine(picture.Error!.Message);
        continue;
    }
    LabelScore best = classifier.Best(picture.Embedding);
    string folder = Path.Combine(sorted, best.Probability >= 0.8 ? best.Name : "unsorted");
    Directory.CreateDirectory(folder);
    File.Copy(files[picture.Index], Path.Combine(folder, Path.GetFileName(files[picture.Index])), overwrite: true);
}
foreach (string folder in Directory.GetDirectories(sorted).Order(StringComparer.Ordinal))
    Console.WriteLine($"{Path.GetFileName(folder),-10} {Directory.GetFiles(folder).Length}");
