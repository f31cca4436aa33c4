using System.Globalization;
using System.Text.Json;
using PureClip.Cli;
using PureClip.Training;

namespace PureClip.Train.Measuring;

/// <summary><c>log.jsonl</c>: a line a step, and one for each measurement, which is said as well.</summary>
internal sealed class RunLog(string folder, Shell shell) : IDisposable
{
    /// <summary>Its name within the folder of a run.</summary>
    public const string FileName = "log.jsonl";

    private const double Smoothing = 0.99;

    private readonly StreamWriter _log = new(Path.Combine(folder, FileName), append: true);
    private double _seconds;

    /// <summary>A step.</summary>
    public void Write(TrainingProgress step)
    {
        _seconds = _seconds == 0 ? step.Seconds : Smoothing * _seconds + (1 - Smoothing) * step.Seconds;
        Line(new
        {
            step = step.Step,
            loss = Math.Round(step.Loss, 4),
            excess = Math.Round(step.Excess, 4),
            recall = Math.Round(step.Recall, 4),
            gradient = Math.Round(step.GradientNorm, 3),
            scale = Math.Round(step.LogitScale, 2),
            rate = Math.Round(step.Rate, 4),
            pairs_per_second = Math.Round(step.Pairs / step.Seconds),
        });
    }

    /// <summary>A measurement.</summary>
    public void Write(TrainingProgress step, Figures figures)
    {
        Line(new
        {
            measured = step.Step,
            unseen_text_to_picture = figures.UnseenTextToPicture,
            unseen_picture_to_text = figures.UnseenPictureToText,
            ten_way = figures.TenWay,
            held_unseen = figures.HeldUnseen,
            held_known = Math.Round(figures.HeldKnown, 2),
            gallery_text_to_picture = figures.GalleryTextToPicture,
            gallery_picture_to_text = figures.GalleryPictureToText,
            everyday_of_20 = figures.Everyday,
            unseen_people = figures.UnseenPeople,
            people_of_18 = figures.People,
            photographs = figures.Photographs,
            gap = figures.Gap,
            scale = figures.Scale,
        });
        string place = step.Steps == long.MaxValue ? "" : string.Create(
            CultureInfo.InvariantCulture, $" of {step.Steps}, {_seconds * (step.Steps - step.Step) / 3600:0.0} hours to go at this pace");
        shell.Say(
            $"{DateTime.Now:MM-dd HH:mm} step {step.Step}{place}: unseen artist "
            + $"{figures.UnseenTextToPicture:0.0} % text to picture, {figures.UnseenPictureToText:0.0} % picture to text, ten-way "
            + $"{figures.TenWay:0.0} %; unseen things {figures.HeldUnseen:0.0} %, of known artists {figures.HeldKnown:0.0} %; gallery "
            + $"{figures.GalleryTextToPicture:0.0} % and {figures.GalleryPictureToText:0.0} %, everyday queries {figures.Everyday} of 20; "
            + $"people of an unseen "
            + $"style {figures.UnseenPeople:0.0} % and {figures.People} of 18, photographs {figures.Photographs:0.0} %");
    }

    /// <inheritdoc/>
    public void Dispose() => _log.Dispose();

    private void Line(object values)
    {
        _log.WriteLine(JsonSerializer.Serialize(values));
        _log.Flush();
    }
}
