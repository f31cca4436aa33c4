using PureClip.Labels;

namespace PureClip.Tests.Labels;

public sealed class LbfgsTests
{
    [Fact]
    public void Finds_the_bottom_of_rosenbrocks_valley()
    {
        double[] x = [-1.2, 1, -1.2, 1];
        double length = Lbfgs.Minimize(Rosenbrock, x, 1e-9, 1000, CancellationToken.None);
        Assert.InRange(length, 0, 1e-9);
        Assert.All(x, value => Assert.Equal(1, value, 1e-8));
    }

    [Fact]
    public void Solves_an_ill_conditioned_quadratic()
    {
        // Σ 10^i / 2 · (x_i − i)²: condition number 1e6.
        static double Bowl(ReadOnlySpan<double> x, Span<double> gradient)
        {
            double value = 0;
            for (int i = 0; i < x.Length; i++)
            {
                gradient[i] = Math.Pow(10, i) * (x[i] - i);
                value += gradient[i] * (x[i] - i) / 2;
            }
            return value;
        }
        double[] x = new double[7];
        Assert.InRange(Lbfgs.Minimize(Bowl, x, 1e-6, 1000, CancellationToken.None), 0, 1e-6);
        for (int i = 0; i < x.Length; i++)
            Assert.Equal(i, x[i], 1e-5);
    }

    [Fact]
    public void Ends_when_its_steps_run_out_or_it_is_cancelled()
    {
        Assert.True(Lbfgs.Minimize(Rosenbrock, [-1.2, 1], 1e-9, 3, CancellationToken.None) > 1e-9);
        using CancellationTokenSource cancelled = new();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => Lbfgs.Minimize(Rosenbrock, [-1.2, 1], 1e-9, 1000, cancelled.Token));
    }

    [Fact]
    public void Where_nothing_leads_down_it_stays()
    {
        double[] x = [3];
        Assert.Equal(1, Lbfgs.Minimize((_, gradient) => { gradient[0] = 1; return double.NaN; }, x, 1e-9, 10, CancellationToken.None));
        Assert.Equal([3.0], x);
    }

    private static double Rosenbrock(ReadOnlySpan<double> x, Span<double> gradient)
    {
        double value = 0;
        for (int i = 0; i < x.Length; i += 2)
        {
            double a = 1 - x[i], b = x[i + 1] - x[i] * x[i];
            value += a * a + 100 * b * b;
            gradient[i] = -2 * a - 400 * x[i] * b;
            gradient[i + 1] = 200 * b;
        }
        return value;
    }
}
