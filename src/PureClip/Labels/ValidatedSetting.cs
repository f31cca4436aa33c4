namespace PureClip.Labels;

/// <summary>How a classifier did on pictures that it was not trained on.</summary>
/// <param name="Value">The setting tried: λ of the logistic regression, or the scale of the prototypes' cosines.</param>
/// <param name="Accuracy">Share of the pictures that got their own class, each judged by a classifier trained without it.</param>
/// <param name="StandardError">
/// Of the accuracy, binomial with two right and two wrong ones added (Agresti and Coull 1998), so that it is not 0 where all were right.
/// </param>
/// <param name="LogLoss">Mean of −ln probability of the right class; ln(classes) for guessing.</param>
public readonly record struct ValidatedSetting(double Value, double Accuracy, double StandardError, double LogLoss)
{
    /// <summary>What the numbers are called in a file.</summary>
    internal static string[] Names { get; } = ["setting", "accuracy", "standard_error", "log_loss"];

    internal IEnumerable<(string Name, double Number)> Numbers => Names.Zip([Value, Accuracy, StandardError, LogLoss]);

    internal static ValidatedSetting Of(double[] numbers) => new(numbers[0], numbers[1], numbers[2], numbers[3]);

    /// <summary>Counts.</summary>
    internal static ValidatedSetting Of(double value, int right, int pictures, double logLoss)
    {
        double share = (right + 2.0) / (pictures + 4);
        return new(value, (double)right / pictures, Math.Sqrt(share * (1 - share) / (pictures + 4)), logLoss);
    }
}
