namespace PureClip.Maps;

/// <summary>
/// A quadtree over points: what is far away repels as one point. Nodes lie in preorder, each with where to go on without its children, so
/// that a walk needs no stack.
/// </summary>
/// <remarks>Barnes and Hut 1986, "A hierarchical O(N log N) force-calculation algorithm"; points are sorted by Morton code.</remarks>
/// <param name="count">How many points.</param>
internal sealed class RepulsionTree(int count)
{
    // Levels of cells, two bits of a code each; a cell is opened unless it is this small beside its distance.
    private const int Levels = 16, MostOfALeaf = 8;

    private const double Opening = 0.5;

    private readonly uint[] _codes = new uint[count];
    private readonly int[] _points = new int[count];
    private readonly double[] _x = new double[count], _y = new double[count]; // in the order of the codes
    private readonly List<Node> _nodes = [];
    private Node[] _walk = [];
    private int _length;

    /// <summary>The point at a place in the order of the tree.</summary>
    public int PointAt(int place) => _points[place];

    /// <summary>Builds it anew.</summary>
    public void Build(Plane plane)
    {
        (double left, double top) = (plane.X.Min(), plane.Y.Min());
        double side = Math.Max(Math.Max(plane.X.Max() - left, plane.Y.Max() - top), double.Epsilon);
        const double Cells = (1 << Levels) - 1;
        for (int i = 0; i < count; i++)
        {
            _codes[i] = Spread((uint)((plane.X[i] - left) / side * Cells)) | (Spread((uint)((plane.Y[i] - top) / side * Cells)) << 1);
            _points[i] = i;
        }
        Array.Sort(_codes, _points);
        for (int i = 0; i < count; i++)
            (_x[i], _y[i]) = (plane.X[_points[i]], plane.Y[_points[i]]);
        _nodes.Clear();
        Add(0, count, 0, side);
        _length = _nodes.Count;
        if (_walk.Length < _length)
            _walk = new Node[2 * _length];
        _nodes.CopyTo(_walk);
    }

    /// <summary>The sum over all others of (point − other) / (1 + distance²)².</summary>
    /// <param name="place">The point's place in the order of the tree.</param>
    /// <param name="forceX">To the right.</param>
    /// <param name="forceY">Down.</param>
    /// <returns>The sum of 1 / (1 + distance²).</returns>
    public double Repel(int place, out double forceX, out double forceY)
    {
        (double x, double y, double sum, double sumX, double sumY) = (_x[place], _y[place], 0, 0, 0);
        for (int node = 0; node < _length;)
        {
            ref readonly Node cell = ref _walk[node];
            (double dx, double dy) = (x - cell.X, y - cell.Y);
            double distance = dx * dx + dy * dy;
            if (cell.OpenedWithin < distance)
            {
                double near = 1 / (1 + distance), pull = cell.Mass * near;
                sum += pull;
                pull *= near;
                (sumX, sumY) = (sumX + pull * dx, sumY + pull * dy);
                node = cell.Next;
            }
            else if (cell.First < 0)
                node++;
            else
            {
                for (int other = cell.First; other < cell.First + cell.Mass; other++)
                {
                    (dx, dy) = (x - _x[other], y - _y[other]);
                    double near = 1 / (1 + dx * dx + dy * dy);
                    sum += near;
                    near *= near;
                    (sumX, sumY) = (sumX + near * dx, sumY + near * dy);
                }
                node = cell.Next;
            }
        }
        (forceX, forceY) = (sumX, sumY);
        return sum - 1; // less itself, whose cell is always opened
    }

    private void Add(int first, int end, int level, double side)
    {
        int node = _nodes.Count;
        bool isLeaf = end - first <= MostOfALeaf || level == Levels;
        double x = 0, y = 0;
        for (int i = first; i < end; i++)
            (x, y) = (x + _x[i], y + _y[i]);
        _nodes.Add(default);
        if (!isLeaf)
        {
            int shift = 2 * (Levels - 1 - level);
            for (int start = first; start < end;)
            {
                uint quadrant = _codes[start] >> shift;
                int next = start + 1;
                while (next < end && _codes[next] >> shift == quadrant)
                    next++;
                Add(start, next, level + 1, side / 2);
                start = next;
            }
        }
        int mass = end - first;
        _nodes[node] = new(x / mass, y / mass, side * side / (Opening * Opening), mass, isLeaf ? first : -1, _nodes.Count);
    }

    /// <summary>Sixteen bits with a gap behind each.</summary>
    private static uint Spread(uint bits)
    {
        bits = (bits | (bits << 8)) & 0x00FF00FF;
        bits = (bits | (bits << 4)) & 0x0F0F0F0F;
        bits = (bits | (bits << 2)) & 0x33333333;
        return (bits | (bits << 1)) & 0x55555555;
    }

    /// <param name="X">The middle of its points.</param>
    /// <param name="Y">The middle of its points.</param>
    /// <param name="OpenedWithin">The squared distance up to which it is looked into.</param>
    /// <param name="Mass">How many points.</param>
    /// <param name="First">The first of them where it is a leaf, else -1.</param>
    /// <param name="Next">The node behind it and its children.</param>
    private readonly record struct Node(double X, double Y, double OpenedWithin, int Mass, int First, int Next);
}
